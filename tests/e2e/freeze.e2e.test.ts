import { expect } from "chai";
import { systemClock } from "charm-kit";
import { endToEnd, patience } from "../support/rig/end-to-end.ts";
import { Rig } from "../support/rig/rig.ts";

endToEnd("taking a runner away while GitHub gives it a job", () => {
  let rig: Rig;

  before(async () => {
    rig = await Rig.start({ application: "e2efreeze" }, patience());
    await rig.deploy({ "virtual-machines": "1" }, patience(120_000));
  });

  after(async () => {
    await rig.close(patience(120_000));
  });

  afterEach(async () => {
    await rig.github.call("clear-faults", null, patience());
  });

  for (const round of [1, 2]) {
    it(`leaves a runner alone that took a job after it was listed as idle, and the job ends well (${round})`, async () => {
      const [idle] = await rig.machines(patience());
      // The list that the charm gets is of this moment, in which the runner is idle.
      await rig.github.call(
        "add-fault",
        { route: "list-runners", fault: { kind: "stale-list" } },
        patience(),
      );
      const job = await rig.occupy(patience());
      expect(job.runnerName).to.equal(idle);
      await rig.configure({ labels: `stale-${round}` }, patience());
      expect(await status(idle)).to.equal("Running");
      expect(await rig.machines(patience()), "the busy runner holds its place").to.deep.equal([idle]);
      expect(await rig.status()).to.equal("active: 1 runner: 1 busy");

      await rig.release(job, patience());
      expect(await rig.ended(job.id, patience())).to.include({
        conclusion: "success",
        runnerName: idle,
        assignments: 1,
      });
      await rig.gone(idle ?? "", patience());
      await rig.reconcile(patience());
      expect(await rig.status()).to.equal("active: 1 runner: 1 idle");
    });
  }

  for (const [round, delayMs] of [120, 180, 210, 240, 280, 400].entries()) {
    it(`loses no job that is queued ${delayMs} ms after the order to replace the runner`, async () => {
      const change = rig.configure({ labels: `race-${round}` }, patience());
      await systemClock.wait(delayMs, patience());
      const { id } = await rig.queue(["sleep 0.3; echo done"], patience());
      await change;
      const job = await rig.ended(id, patience());
      expect(job.conclusion, `${job.annotation} ${job.log}`).to.equal("success");
      await rig.gone(job.runnerName ?? "", patience());
      await rig.reconcile(patience());
      expect(await rig.status()).to.equal("active: 1 runner: 1 idle");
      const names = (await rig.registrations(patience())).map(({ name }) => name);
      expect(names).to.deep.equal(await rig.machines(patience()));
    });
  }

  it("asks GitHub nothing that its description does not allow", async () => {
    expect(await rig.github.call("violations", null, patience())).to.deep.equal([]);
  });

  const status = async (name: string | undefined) => {
    const instances = await rig.lxd.instances(rig.slug, patience());
    return instances.find((instance) => instance.name === name)?.status;
  };
});
