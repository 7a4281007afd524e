import { isDeepStrictEqual } from "node:util";
import { expect } from "chai";
import { endToEnd, patience } from "../support/rig/end-to-end.ts";
import { footprintOf } from "../support/rig/footprint.ts";
import { KillAtStatus } from "../support/rig/kill-at-status.ts";
import { newerCharm } from "../support/rig/newer-charm.ts";
import { ARCHIVE, Rig } from "../support/rig/rig.ts";
import { until } from "../support/rig/until.ts";

endToEnd("an upgrade of the charm", () => {
  let rig: Rig;
  const kills = new KillAtStatus(() => rig.agent.killDispatch());

  before(async () => {
    rig = await Rig.start({ application: "e2eupgr", onEvent: kills.onEvent }, patience());
    await rig.deploy({ "virtual-machines": "2" }, patience(120_000));
  });

  after(async () => {
    await rig.close(patience(120_000));
  });

  const templates = async () =>
    (await rig.lxd.instances(rig.slug, patience()))
      .filter(({ config }) => config["user.github-runner.role"] === "template")
      .map(({ name }) => name);
  let footprint: Awaited<ReturnType<typeof footprintOf>>;
  /** Of the steps not each is shown: one that is over before the status of another one is set. */
  const isBuilding = (status: string) => status.startsWith("maintenance: Building the runner image: ");
  /** Not one of a moment in which something is written or deleted. */
  const settledFootprint = async () => {
    let last = await footprintOf(rig, patience());
    await until(
      "two equal footprints",
      async () => {
        const [earlier, later] = [last, await footprintOf(rig, patience())];
        last = later;
        return isDeepStrictEqual(earlier, later);
      },
      patience(),
    );
    return last;
  };
  /** A job whose runner has gone, as the next reconcile finds it. */
  const runJob = async () => {
    const { id } = await rig.queue(["echo done"], patience());
    const ended = await rig.ended(id, patience());
    expect(ended).to.include({ conclusion: "success" });
    await rig.gone(ended.runnerName ?? "", patience());
  };
  const upgrade = () => rig.agent.refresh(rig.application, ARCHIVE, false, patience(120_000));

  it("leaves runners with the same configuration alone, and ends no job", async () => {
    const job = await rig.occupy(patience());
    const before = await rig.machines(patience());
    await upgrade();
    expect(await rig.machines(patience())).to.deep.equal(before);
    expect(await rig.status()).to.equal("active: 2 runners: 1 idle, 1 busy");
    await rig.release(job, patience());
    expect(await rig.ended(job.id, patience())).to.include({ conclusion: "success", assignments: 1 });
    await rig.gone(job.runnerName ?? "", patience());
  });

  it("is run again when it is killed, until the runners are there; a busy one works on", async () => {
    await rig.reconcile(patience());
    const job = await rig.occupy(patience());
    const idle = (await rig.machines(patience())).find((name) => name !== job.runnerName) ?? "";
    await rig.lxd.client.instances.changeState(idle, { action: "stop", force: true }, patience());
    await rig.gone(idle, patience());
    const steps = ["Starting runners 0/1"];
    for (const step of steps) kills.due.add(step);
    await upgrade();
    expect(kills.done).to.deep.equal(steps);
    // What the killed one has left is younger than the time that a start may take.
    await rig.reconcile(patience());
    expect(await rig.status()).to.equal("active: 2 runners: 1 idle, 1 busy");
    await rig.release(job, patience());
    expect(await rig.ended(job.id, patience())).to.include({ conclusion: "success", assignments: 1 });
    await rig.gone(job.runnerName ?? "", patience());
  });

  it("to other programs in runners builds an image of them; idle runners are replaced, a busy one ends its job", async () => {
    await rig.reconcile(patience());
    footprint = await settledFootprint();
    const job = await rig.occupy(patience());
    const before = await rig.machines(patience());
    const [template] = await templates();
    const past = rig.statuses.length;
    const newer = await newerCharm(ARCHIVE, rig.directory, patience());
    await rig.agent.refresh(rig.application, newer, false, patience(120_000));

    expect(rig.statuses.slice(past).some(isBuilding), "an image is built").to.equal(true);
    const after = await rig.machines(patience());
    expect(before.filter((name) => after.includes(name))).to.deep.equal([job.runnerName]);
    expect(after).to.have.length(2);
    expect(await rig.status()).to.equal("active: 2 runners: 1 idle, 1 busy");

    await rig.release(job, patience());
    expect(await rig.ended(job.id, patience())).to.include({ conclusion: "success", assignments: 1 });
    await rig.gone(job.runnerName ?? "", patience());
    await runJob();
    await rig.reconcile(patience());
    expect(await rig.status()).to.equal("active: 2 runners: 2 idle");
    expect(await templates(), "the old one is gone with its runners")
      .to.have.length(1)
      .and.not.include(template);
  });

  it("back to the earlier archive ends no job either, and leaves nothing of the newer one", async () => {
    const job = await rig.occupy(patience());
    const [template] = await templates();
    const past = rig.statuses.length;
    await upgrade();
    expect(rig.statuses.slice(past).some(isBuilding), "the image of the earlier programs").to.equal(true);
    expect(await rig.machines(patience()))
      .to.have.length(2)
      .and.to.include(job.runnerName);
    expect(await rig.status()).to.equal("active: 2 runners: 1 idle, 1 busy");

    await rig.release(job, patience());
    expect(await rig.ended(job.id, patience())).to.include({ conclusion: "success", assignments: 1 });
    await rig.gone(job.runnerName ?? "", patience());
    await runJob();
    await rig.reconcile(patience());
    expect(await rig.status()).to.equal("active: 2 runners: 2 idle");
    expect(await templates()).not.to.include(template);
    expect(await settledFootprint()).to.deep.equal(footprint);
  });
});
