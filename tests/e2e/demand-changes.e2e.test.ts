import { expect } from "chai";
import { endToEnd, patience } from "../support/rig/end-to-end.ts";
import { ARCHIVE, Rig } from "../support/rig/rig.ts";
import { ServiceProcess } from "../support/rig/service-process.ts";
import { until } from "../support/rig/until.ts";
import { STANDARD_TOKEN } from "../support/github/http/callers.ts";
import type { JobView } from "../support/github/state/job-record.ts";

const FRESH_TOKEN = "ghp_another-token-of-the-demand";
const MOST = 3;

endToEnd("changes while a unit scales on demand", () => {
  let rig: Rig;
  let service: ServiceProcess;

  const waiting = (count: number) =>
    Promise.all(Array.from({ length: count }, () => rig.queue(["sleep 1"], patience())));
  const succeed = async (jobs: readonly Pick<JobView, "id">[]) => {
    const ends = await Promise.all(jobs.map(({ id }) => rig.ended(id, patience(180_000))));
    expect(ends.map(({ conclusion, assignments }) => [conclusion, assignments])).to.deep.equal(
      ends.map(() => ["success", 1]),
    );
  };
  const noMachines = () =>
    until(
      "the end of all runners",
      async () => (await rig.machines(patience())).length === 0,
      patience(120_000),
    );

  before(async () => {
    rig = await Rig.start({ application: "e2edemch" }, patience());
    service = new ServiceProcess(rig);
    await rig.github.call("set-scale-sets", { sessionMs: 3000 }, patience());
    await rig.deploy({ scaling: "demand", "virtual-machines": String(MOST) }, patience(240_000));
    service.start();
    await rig.github.call("wait-for-scale-set", { name: rig.slug }, patience(60_000));
  });
  after(async () => {
    await service.kill("SIGTERM");
    await rig.close(patience(120_000));
  });

  it("takes other credentials between jobs: a busy runner ends its job, and those that wait get runners by the new ones", async () => {
    const busy = await rig.occupy(patience(120_000));
    await rig.github.call("add-token", { token: FRESH_TOKEN }, patience());
    const jobs = await waiting(MOST + 1);
    await rig.configure({ token: FRESH_TOKEN }, patience(120_000));
    await rig.github.call("revoke-token", { token: STANDARD_TOKEN }, patience());
    const later = await waiting(1);
    await succeed([...jobs, ...later]);
    await rig.release(busy, patience());
    await succeed([busy]);
    await noMachines();
    const [set, ...others] = await rig.github.call("list-scale-sets", null, patience());
    expect(others, "scale sets").to.deep.equal([]);
    expect(set?.statistics).to.include({ totalAssignedJobs: 0, totalRegisteredRunners: 0 });
  });

  it("is upgraded between jobs: the service gives way to the new one, a busy runner ends its job, and no job is lost", async () => {
    const busy = await rig.occupy(patience(120_000));
    const jobs = await waiting(MOST + 1);
    await rig.agent.refresh(rig.application, ARCHIVE, false, patience(240_000));
    // systemd starts the new program in the place of the old one.
    await service.kill("SIGTERM");
    const later = await waiting(1);
    service.start();
    await succeed([...jobs, ...later]);
    await rig.github.call("wait-for-runners", { registered: 1 }, patience());
    expect((await rig.registrations(patience())).map(({ name }) => name)).to.deep.equal([busy.runnerName]);
    await rig.release(busy, patience());
    await succeed([busy]);
    await noMachines();
  });
});
