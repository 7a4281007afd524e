import { expect } from "chai";
import type { JobView } from "../support/github/state/job-record.ts";
import { until } from "../support/rig/until.ts";
import { ClusterLab } from "./cluster-lab.ts";

const MINUTE = 60_000;

describe("units that keep runners in place of lost ones, on three members of an LXD cluster of which one is lost", function () {
  this.timeout(12 * MINUTE);
  let lab: ClusterLab;
  let lost: readonly string[];
  const patience = () => AbortSignal.timeout(6 * MINUTE);
  const others = () => lab.units.filter((_, index) => index !== 1);
  const counts = async () =>
    Promise.all(others().map(async (unit) => (await unit.runners(patience())).length));
  /** Twice at a time, as units do. */
  const reconcile = () => Promise.all(others().map((unit) => unit.run("reconcile", patience())));

  before(async () => {
    lab = await ClusterLab.start(
      { members: 3, application: "rep", count: 2, replacements: 1, offlineSeconds: 11 },
      patience(),
    );
    // The bridges of later units are on the machines of earlier ones too, whose rules follow in their next rounds.
    for (const unit of [...lab.units, ...lab.units]) await unit.run("reconcile", patience());
    lost = await lab.units[1].runners(patience());
  });
  after(() => lab.close(AbortSignal.timeout(2 * MINUTE)));

  it("they have as many as usual while all members answer", async () => {
    expect(lost).to.have.lengthOf(2);
    expect(await counts()).to.deep.equal([2, 2]);
  });

  it("each has one more as soon as the registrations of the lost ones are deleted", async () => {
    await lab.units[1].member.cutPower();
    const isOffline = async () => {
      const online = await lab.online(patience());
      return !lost.some((name) => online.includes(name));
    };
    await until("GitHub's word that the lost runners are offline", isOffline, patience());
    await reconcile();
    expect(await counts()).to.deep.equal([3, 3]);
    const registered = await lab.registered(patience());
    expect(registered).to.have.lengthOf(6).and.not.include.members(lost);
  });

  it("they keep them while the member is off, and run jobs on all of them", async () => {
    for (const { replacing } of await reconcile()) expect(replacing).to.equal(1);
    expect(await counts()).to.deep.equal([3, 3]);
    expect(await lab.online(patience())).to.have.lengthOf(6);
  });

  it("idle ones go when the member is back, and none with a job before its end", async () => {
    const jobs: JobView[] = [];
    for (let index = 0; index < 4; index += 1) jobs.push(await lab.occupy(patience()));
    const busy = jobs.map(({ runnerName = "" }) => runnerName);
    await lab.cluster.restart(1, patience());
    expect((await lab.units[1].run("reconcile", patience())).runners).to.have.lengthOf(2);
    for (const { replacing } of await reconcile()) expect(replacing).to.equal(0);
    const left = await Promise.all(others().map((unit) => unit.runners(patience())));
    expect(left.flat()).to.include.members(busy);
    const withJobs = left.map((names) => names.filter((name) => busy.includes(name)).length);
    expect(left.map((names) => names.length)).to.deep.equal(withJobs.map((number) => Math.max(2, number)));
    for (const job of jobs) {
      await lab.release(job, patience());
      expect(await lab.ended(job.id, patience())).to.include({ conclusion: "success" });
    }
  });

  it("each has the usual number after the jobs", async () => {
    await reconcile();
    expect(await counts()).to.deep.equal([2, 2]);
    const present = await Promise.all(lab.units.map((unit) => unit.runners(patience())));
    const isWhole = async () => (await lab.online(patience())).length === 6;
    await until("GitHub's word that all runners are online", isWhole, patience());
    expect(await lab.registered(patience())).to.deep.equal(present.flat().sort());
  });
});
