import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect } from "chai";
import { endToEnd, patience } from "../support/rig/end-to-end.ts";
import { REPOSITORY, Rig } from "../support/rig/rig.ts";
import { ServiceProcess } from "../support/rig/service-process.ts";
import { until } from "../support/rig/until.ts";
import { buildArchive } from "../support/github/runner-application/build-archive.ts";
import { StandInProcess } from "../support/github/stand-in-process.ts";
import { STANDARD_TOKEN } from "../support/github/http/callers.ts";
import type { StandInControl } from "../support/github/control/stand-in-control.ts";
import type { JobView } from "../support/github/state/job-record.ts";

const OTHER = "acme/gadgets";
const OTHER_TOKEN = "ghp_token-of-the-other-path";
const MOST = 3;

endToEnd("a change of the path while a unit scales on demand", () => {
  let rig: Rig;
  let service: ServiceProcess;
  let second: StandInProcess | undefined;

  const queue = (count: number, repository: string, github: StandInControl = rig.github) =>
    Promise.all(
      Array.from({ length: count }, () =>
        github.call("queue-job", { repository, labels: ["self-hosted"], steps: ["sleep 1"] }, patience()),
      ),
    );
  /** GitHub gives a job that an idle runner has not taken when it goes to another: none of them has begun twice. */
  const succeed = async (jobs: readonly Pick<JobView, "id">[], github: StandInControl = rig.github) => {
    const ends = await Promise.all(
      jobs.map(({ id }) => github.call("wait-for-job", { id, status: "completed" }, patience(180_000))),
    );
    for (const { conclusion } of ends) expect(conclusion).to.equal("success");
  };
  /** Jobs of the present scale set, whose runners are given none of them as long as its session lives. */
  const assign = async (count: number, repository: string) => {
    const assigned = (await scaleSets())[0]?.statistics.totalAssignedJobs ?? 0;
    await rig.github.call("add-message-faults", ["session-stuck"], patience());
    const jobs = await queue(count, repository);
    await rig.github.call("wait-for-scale-set", { name: rig.slug, assigned: assigned + count }, patience());
    return jobs;
  };
  /** GitHub registers no runner in a scale set from now on. */
  const refuseRunners = (scaleSet: number | undefined) =>
    rig.github.call(
      "add-fault",
      {
        ...{ route: "scale-set-jitconfig", times: 10_000, ...(scaleSet !== undefined && { scaleSet }) },
        fault: { kind: "status", status: 422, message: "No runner for you." },
      },
      patience(),
    );
  const scaleSets = (github: StandInControl = rig.github) => github.call("list-scale-sets", null, patience());
  const scopes = async (github: StandInControl = rig.github) =>
    (await scaleSets(github)).map(({ scope }) => scope);
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
    await rig.deploy({ scaling: "demand", "virtual-machines": String(MOST) }, patience(240_000));
    service.start();
    await rig.github.call("wait-for-scale-set", { name: rig.slug }, patience(60_000));
  });
  after(async () => {
    await service.kill("SIGTERM");
    await rig.close(patience(120_000));
    await second?.stop(patience());
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

  it("keeps to the most runners, and serves the jobs of both paths one after the other, also when the service is killed", async () => {
    const { id } = await rig.queue(["until [ -e /tmp/enough ]; do sleep 0.2; done"], patience(), {
      repository: OTHER,
    });
    const busy = await rig.github.call("wait-for-job", { id, status: "in_progress" }, patience(120_000));
    const former = await assign(2, OTHER);
    await rig.configure(
      { path: REPOSITORY, token: STANDARD_TOKEN, "virtual-machines": "1" },
      patience(120_000),
    );
    const present = await queue(2, REPOSITORY);
    await service.kill("SIGKILL");
    service.start();
    await machines([busy.runnerName ?? ""]);
    await rig.release(busy, patience());
    await succeed([busy, ...former, ...present]);
    await onlyScope(`repos/${REPOSITORY}`);
    await machines([]);
    await rig.configure({ "virtual-machines": String(MOST) }, patience(120_000));
  });

  it("tells of a former path that refuses its credentials, and serves the present one", async () => {
    const busy = await rig.occupy(patience(120_000));
    const [present] = await scaleSets();
    // The job would get its runner on the former path yet.
    await refuseRunners(present?.id);
    await assign(1, REPOSITORY);
    await rig.github.call("revoke-token", { token: STANDARD_TOKEN }, patience());
    await rig.configure({ path: OTHER, token: OTHER_TOKEN }, patience(120_000));
    await rig.github.call("clear-faults", null, patience());
    await succeed(await queue(2, OTHER));
    await rig.reconcile(patience());
    expect(await rig.status()).to.match(
      new RegExp(`jobs of the former path \\S+${REPOSITORY} get no runners: .*given up at`),
    );
    await rig.github.call("add-token", { token: STANDARD_TOKEN }, patience());
    await rig.release(busy, patience());
    await succeed([busy]);
  });

  it("gives jobs of the present path all places while a former one registers no runner, tells it, and goes on there by itself", async () => {
    await rig.configure({ path: REPOSITORY, token: STANDARD_TOKEN }, patience(120_000));
    await onlyScope(`repos/${REPOSITORY}`);
    await succeed(await rig.github.call("list-jobs", null, patience()));
    const [former] = await scaleSets();
    await refuseRunners(former?.id);
    const jobs = await assign(1, REPOSITORY);
    await rig.configure({ path: OTHER, token: OTHER_TOKEN, "virtual-machines": "1" }, patience(120_000));
    await succeed(await queue(3, OTHER));
    await rig.reconcile(patience());
    expect(await rig.status()).to.match(
      new RegExp(
        `jobs of the former path \\S+${REPOSITORY} get no runners: .*No runner for you.*given up at`,
      ),
    );
    await rig.github.call("clear-faults", null, patience());
    await until(
      "a runner of the former path, whose pause is over",
      async () => {
        await rig.reconcile(patience());
        const seen = await rig.github.call("list-jobs", null, patience());
        return seen.some(({ id, status }) => id === jobs[0]?.id && status === "completed");
      },
      patience(240_000),
    );
    await succeed(jobs);
    await onlyScope(`repos/${OTHER}`);
    expect(await rig.status()).to.not.include("former path");
    await rig.configure({ "virtual-machines": String(MOST) }, patience(120_000));
  });

  it("serves the jobs of a GitHub at another address as well, and leaves no scale set on either when it is removed", async () => {
    const directory = join(rig.directory, "second");
    const application = await buildArchive(rig.directory, patience(), undefined);
    second = await StandInProcess.start(
      {
        controlSocket: `${directory}.sock`,
        archives: [application.path],
        namespace: { name: "gh-e2edempa2" },
      },
      patience(),
    );
    await rig.configure({ path: REPOSITORY, token: STANDARD_TOKEN }, patience(120_000));
    await onlyScope(`repos/${REPOSITORY}`);
    const busy = await rig.occupy(patience(120_000));
    const former = await assign(1, REPOSITORY);
    await rig.configure({ "github-url": second.url }, patience(120_000));
    const present = await queue(2, REPOSITORY, second.control);
    await succeed(present, second.control);
    await succeed(former);
    expect(await scopes()).to.deep.equal([`repos/${REPOSITORY}`]);
    expect(await scopes(second.control)).to.deep.equal([`repos/${REPOSITORY}`]);
    await rig.release(busy, patience());
    await succeed([busy]);
    await until("the end of the former scale set", async () => (await scopes()).length === 0, patience());
    const waiting = await rig.github.call("list-jobs", null, patience());
    expect(
      waiting.filter(({ status }) => status !== "completed"),
      "jobs that are left",
    ).to.have.length(0);
    await service.kill("SIGTERM");
    await rig.remove(patience(120_000));
    expect(await scopes(second.control)).to.deep.equal([]);
    expect(await second.control.call("list-runners", null, patience())).to.deep.equal([]);
  });
});
