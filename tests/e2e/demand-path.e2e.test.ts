import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect } from "chai";
import { endToEnd, patience } from "../support/rig/end-to-end.ts";
import { REPOSITORY, Rig } from "../support/rig/rig.ts";
import { ServiceProcess } from "../support/rig/service-process.ts";
import { until } from "../support/rig/until.ts";
import type { JobView } from "../support/github/state/job-record.ts";

const OTHER = "acme/gadgets";
const OTHER_TOKEN = "ghp_token-of-the-other-path";
const MOST = 3;

endToEnd("a change of the path while a unit scales on demand", () => {
  let rig: Rig;
  let service: ServiceProcess;

  const queue = (count: number, repository: string) =>
    Promise.all(Array.from({ length: count }, () => rig.queue(["sleep 1"], patience(), { repository })));
  const succeed = async (jobs: readonly Pick<JobView, "id">[]) => {
    const ends = await Promise.all(jobs.map(({ id }) => rig.ended(id, patience(180_000))));
    expect(ends.map(({ conclusion, assignments }) => [conclusion, assignments])).to.deep.equal(
      ends.map(() => ["success", 1]),
    );
  };
  /** Jobs of the present scale set, whose runners are given none of them as long as its session lives. */
  const assign = async (count: number, repository: string) => {
    const assigned = (await scaleSets())[0]?.statistics.totalAssignedJobs ?? 0;
    await rig.github.call("add-message-faults", ["session-stuck"], patience());
    const jobs = await queue(count, repository);
    await rig.github.call("wait-for-scale-set", { name: rig.slug, assigned: assigned + count }, patience());
    return jobs;
  };
  const scaleSets = () => rig.github.call("list-scale-sets", null, patience());
  const scopes = async () => (await scaleSets()).map(({ scope }) => scope);
  const onlyScope = (scope: string) =>
    until(
      `the end of all scale sets but that of ${scope}`,
      async () => (await scopes()).join() === scope,
      patience(120_000),
      () => `; the service has logged ${service.output.slice(-2000)}`,
    );
  const machines = (wanted: readonly string[]) =>
    until(
      `no other instances than ${wanted.join() || "none"}`,
      async () => (await rig.machines(patience())).join() === wanted.join(),
      patience(120_000),
    );
  const credentials = () => readFile(join(rig.dataDirectory, "places.json"), "utf8");

  before(async () => {
    rig = await Rig.start({ application: "e2edempa" }, patience());
    service = new ServiceProcess(rig);
    await rig.github.call("set-scale-sets", { sessionMs: 3000 }, patience());
    await rig.github.call("add-token", { token: OTHER_TOKEN }, patience());
    await rig.deploy(
      { scaling: "demand", "virtual-machines": String(MOST), "vm-disk": "1GiB" },
      patience(240_000),
    );
    service.start();
    await rig.github.call("wait-for-scale-set", { name: rig.slug }, patience(60_000));
  });
  after(async () => {
    await service.kill("SIGTERM");
    await rig.close(patience(120_000));
  });

  // What waited has only a deadline to tell.
  afterEach(async function () {
    if (this.currentTest?.state !== "failed") return;
    const [status, runners, jobs, sets, instances] = await Promise.all([
      service.status(patience()),
      rig.registrations(patience()),
      rig.github.call("list-jobs", null, patience()),
      scaleSets(),
      rig.machines(patience()),
    ]);
    console.log(JSON.stringify({ status, runners, jobs: jobs.slice(-6), sets, instances }, undefined, 1));
    console.log(service.output.slice(-6000));
  });

  it("runs the jobs that GitHub had assigned on the former path there, new ones on the present one, and deletes the former scale set with its last job", async () => {
    const busy = await rig.occupy(patience(120_000));
    const former = await assign(2, REPOSITORY);
    await rig.configure({ path: OTHER, token: OTHER_TOKEN }, patience(120_000));
    const present = await queue(2, OTHER);
    await succeed([...former, ...present]);
    expect(await scopes()).to.have.members([`repos/${REPOSITORY}`, `repos/${OTHER}`]);
    await machines([busy.runnerName ?? ""]);
    await rig.release(busy, patience());
    await succeed([busy]);
    await onlyScope(`repos/${OTHER}`);
    await machines([]);
    expect(await rig.registrations(patience())).to.deep.equal([]);
    await rig.reconcile(patience());
    expect(await credentials(), "credentials of the former path").to.not.include(REPOSITORY);
  });
});
