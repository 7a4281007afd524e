import { expect } from "chai";
import { until } from "../support/rig/until.ts";
import { ClusterLab } from "./cluster-lab.ts";

const MINUTE = 60_000;

describe("units on three members of an LXD cluster, of which one is lost", function () {
  this.timeout(12 * MINUTE);
  let lab: ClusterLab;
  let atFirst: readonly string[];
  const patience = () => AbortSignal.timeout(5 * MINUTE);
  const of = (unit: ClusterLab["units"][number], names: readonly string[]) =>
    names.filter((name) => name.startsWith(`${unit.slug}-`));

  before(async () => {
    lab = await ClusterLab.start(
      { members: 3, application: "los", count: 1, offlineSeconds: 11, memberWithDisk: 2 },
      patience(),
    );
    // The bridges of later units are on the machines of earlier ones too, whose rules follow in their next rounds.
    for (const unit of [...lab.units, ...lab.units]) await unit.run("reconcile", patience());
    atFirst = await lab.online(patience());
  });
  after(() => lab.close(AbortSignal.timeout(2 * MINUTE)));

  it("a unit on another one still sees its own runner", async () => {
    const [first, second] = lab.units;
    await lab.cluster.member(1).cutPower();
    // LXD waits for the lost member until it counts as offline.
    expect((await first.run("check", patience())).runners).to.deep.equal(of(first, atFirst));
    const lost = await second.instances(patience(), lab.cluster.member(0));
    expect(lost.map(({ location, status }) => `${location} ${status}`)).to.deep.equal([
      "m2 Error",
      "m2 Error",
    ]);
  });

  it("it deletes the registrations of the lost runners once GitHub lists them as offline, and creates none in their place", async () => {
    const [first, second, third = first] = lab.units;
    const isOffline = async () => !of(second, await lab.online(patience())).length;
    await until("GitHub's word that the lost runner is offline", isOffline, patience());
    expect(await lab.registered(patience())).to.deep.equal(atFirst);
    // Twice at a time, as units do.
    const outputs = await Promise.all([first, third].map((unit) => unit.run("reconcile", patience())));
    const left = outputs.flatMap(({ runners }) => runners);
    expect(left).to.deep.equal([...of(first, atFirst), ...of(third, atFirst)]);
    expect(await lab.registered(patience())).to.deep.equal([...left].sort());
  });

  it("it goes on to run jobs, and to replace its own runner", async () => {
    const [first, , third = first] = lab.units;
    const jobs = await Promise.all([1, 2].map(() => lab.queue(["true"], patience())));
    const ended = await Promise.all(jobs.map(({ id }) => lab.ended(id, patience())));
    expect(ended.map(({ conclusion }) => conclusion)).to.deep.equal(["success", "success"]);
    for (const unit of [first, third]) {
      const { runners } = await unit.run("reconcile", patience());
      expect(runners).to.have.lengthOf(1).and.not.include.members(of(unit, atFirst));
    }
    expect(await lab.online(patience())).to.have.lengthOf(2);
  });

  it("its own unit replaces them when it is back, and a job on another member goes on", async () => {
    const [, second] = lab.units;
    const job = await lab.occupy(patience());
    await lab.cluster.restart(1, patience());
    const { runners } = await second.run("reconcile", patience());
    expect(runners).to.have.lengthOf(1).and.not.include.members(of(second, atFirst));
    for (const unit of lab.units) await unit.run("reconcile", patience());
    expect(await lab.online(patience())).to.have.lengthOf(3);
    await lab.release(job, patience());
    expect(await lab.ended(job.id, patience())).to.include({ conclusion: "success" });
  });

  it("its own unit keeps image and template when its pool is on a disk, which it mounts after LXD has looked for it", async () => {
    const [, , third = lab.units[0]] = lab.units;
    await third.run("reconcile", patience());
    const templates = async () =>
      (await third.instances(patience()))
        .filter(({ config }) => config["user.github-runner.role"] === "template")
        .map(({ name, created_at: createdAt }) => `${name} ${createdAt}`);
    const [before, former] = [await templates(), await third.runners(patience())];
    expect(before).to.have.lengthOf(1);
    await third.member.cutPower();
    await lab.cluster.restart(2, patience());
    const { runners } = await third.run("reconcile", patience());
    expect(runners).to.have.lengthOf(1).and.not.include.members(former);
    expect(await templates()).to.deep.equal(before);
    expect(await lab.online(patience())).to.include.members(runners);
  });
});
