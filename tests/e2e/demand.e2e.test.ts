import { expect } from "chai";
import { endToEnd, patience } from "../support/rig/end-to-end.ts";
import { Rig } from "../support/rig/rig.ts";
import { ServiceProcess } from "../support/rig/service-process.ts";
import { until } from "../support/rig/until.ts";

const BURST = 8;

endToEnd("scaling on demand", () => {
  let rig: Rig;
  let service: ServiceProcess;

  const scaleSets = () => rig.github.call("list-scale-sets", null, patience());
  const registered = (count: number) =>
    rig.github.call("wait-for-runners", { registered: count }, patience(120_000));
  const noMachines = () =>
    until(
      "the end of all runners",
      async () => (await rig.machines(patience())).length === 0,
      patience(120_000),
    );
  const listening = () => rig.github.call("wait-for-scale-set", { name: rig.slug }, patience(60_000));

  before(async () => {
    rig = await Rig.start({ application: "e2edemand" }, patience());
    service = new ServiceProcess(rig);
    // GitHub ends the session of a killed process after minutes; here after seconds.
    await rig.github.call("set-scale-sets", { sessionMs: 3000 }, patience());
    await rig.deploy({ scaling: "demand", "virtual-machines": String(BURST) }, patience(240_000));
  });
  after(async () => {
    await service.kill("SIGTERM");
    await rig.close(patience(120_000));
  });

  it("has no runner without a job, and a scale set with the unit's labels", async () => {
    expect(await rig.machines(patience())).to.deep.equal([]);
    service.start();
    const { labels } = await listening();
    expect(labels).to.include.members(["self-hosted", "linux", "e2edemand"]);
    expect(await rig.machines(patience())).to.deep.equal([]);
  });

  it("has a runner for each job of a burst, and none afterwards", async () => {
    const jobs = await Promise.all(Array.from({ length: BURST }, () => rig.queue(["sleep 1"], patience())));
    const ends = await Promise.all(jobs.map(({ id }) => rig.ended(id, patience(180_000))));
    expect(ends.map(({ conclusion, assignments }) => [conclusion, assignments])).to.deep.equal(
      ends.map(() => ["success", 1]),
    );
    expect(new Set(ends.map(({ runnerName }) => runnerName)).size).to.equal(BURST);
    await registered(0);
    await noMachines();
    const [set] = await scaleSets();
    expect(set?.statistics.totalAssignedJobs).to.equal(0);
  });

  it("lets an action have its turn in a burst that does not end, and loses no job by it", async () => {
    const jobs: number[] = [];
    const queue = async () => {
      const { id } = await rig.queue(["sleep 0.3; echo served"], patience());
      jobs.push(id);
      return id;
    };
    let flushed = false;
    // Each job that ends brings the next one, so there is never a round that has nothing to do.
    const lines = Array.from({ length: BURST + 4 }, async () => {
      do await rig.ended(await queue(), patience(180_000));
      while (!flushed);
    });
    await rig.ended(await queue(), patience(180_000));
    const results = await rig.act("flush-runners", { mode: "idle" }, patience(120_000));
    flushed = true;
    expect(Number(results["flushed"])).to.be.at.least(0);
    await Promise.all(lines);
    for (const id of jobs) {
      const { conclusion, log } = await rig.ended(id, patience());
      expect({ conclusion, served: log.match(/Z served$/gm)?.length }).to.deep.equal({
        conclusion: "success",
        served: 1,
      });
    }
    await registered(0);
    await noMachines();
  });

  it("goes on when GitHub has lost the session", async () => {
    await rig.github.call("add-message-faults", ["session-lost"], patience());
    const { id } = await rig.queue(["true"], patience());
    expect(await rig.ended(id, patience(120_000))).to.include({ conclusion: "success", assignments: 1 });
    await noMachines();
  });

  it("goes on when the service was killed: a busy runner ends its job, waiting jobs get runners", async () => {
    const busy = await rig.occupy(patience(120_000));
    await service.kill("SIGKILL");
    const { id } = await rig.queue(["true"], patience());
    service.start();
    expect(await rig.ended(id, patience(180_000))).to.include({ conclusion: "success" });
    await rig.release(busy, patience());
    expect(await rig.ended(busy.id, patience())).to.include({ conclusion: "success", assignments: 1 });
    await noMachines();
  });

  it("leaves no scale set behind", async () => {
    await service.kill("SIGTERM");
    await rig.remove(patience(120_000));
    expect(await scaleSets()).to.deep.equal([]);
    expect(await rig.registrations(patience())).to.deep.equal([]);
  });
});
