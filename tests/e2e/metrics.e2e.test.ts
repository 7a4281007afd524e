import { existsSync } from "node:fs";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect } from "chai";
import { endToEnd, patience } from "../support/rig/end-to-end.ts";
import { REPOSITORY, Rig, type EndedJob } from "../support/rig/rig.ts";
import { until } from "../support/rig/until.ts";

const LOG = "/var/log/github-runner-metrics.log";
const APPLICATION = "e2emetric";
const SHARE = "/metrics-exchange";

type Fields = Readonly<Record<string, unknown>>;

endToEnd("the metrics of jobs", () => {
  let rig: Rig;
  /** Events that an earlier run has left; the log is not the unit's alone. */
  let earlier = 0;

  before(async () => {
    rig = await Rig.start({ application: APPLICATION }, patience());
    earlier = (await events()).length;
    await rig.deploy({ "virtual-machines": "1" }, patience(120_000));
  });

  after(async () => {
    await rig.close(patience(120_000));
  });

  /** The unit's events; other units of the machine write to the same file. */
  const events = async (): Promise<readonly Fields[]> =>
    (await readFile(LOG, "utf8").catch(() => ""))
      .split("\n")
      .filter((line) => line.includes(`"${APPLICATION}"`))
      .map((line) => JSON.parse(line) as Fields)
      .slice(earlier);
  /** What is told of by a piece of work. */
  const toldBy = async (work: () => Promise<unknown>): Promise<readonly Fields[]> => {
    const before = (await events()).length;
    await work();
    return (await events()).slice(before);
  };
  const named = (all: readonly Fields[], name: string) => all.filter(({ event }) => event === name);
  /** Runs a job to its end, and the reconcile that finds its runner gone. */
  const run = async (steps: readonly string[]): Promise<{ job: EndedJob; told: readonly Fields[] }> => {
    const { id } = await rig.queue(steps, patience(), { workflow: "Nightly build", event: "schedule" });
    const job = await rig.ended(id, patience());
    await rig.gone(job.runnerName ?? "", patience());
    return { job, told: await toldBy(() => rig.reconcile(patience())) };
  };
  const mounts = async () =>
    (await readFile("/proc/self/mounts", "utf8"))
      .split("\n")
      .filter((line) => line.includes(` ${rig.dataDirectory}/`));
  const evidence = async (runner = "") =>
    JSON.parse(
      await readFile(join(rig.dataDirectory, "metrics-quarantine", runner, "report.json"), "utf8"),
    ) as readonly Fields[];

  it("tell of each new runner, and of the reconcile that made it", async () => {
    const all = await events();
    const [installed] = named(all, "runner_installed");
    expect(installed).to.have.all.keys("timestamp", "event", "flavor", "duration");
    expect(installed?.["timestamp"]).to.be.closeTo(Date.now() / 1000, 300);
    expect(installed?.["duration"]).to.be.within(0.1, 300);
    expect(all.at(-1)).to.include({
      event: "reconciliation",
      flavor: APPLICATION,
      crashed_runners: 0,
      idle_runners: 1,
      active_runners: 0,
      expected_runners: 1,
    });
    expect(await mounts()).to.have.lengthOf(1);
  });

  it("tell of a job from its start to its end, with what GitHub knows of it", async () => {
    const { job, told } = await run(["sleep 1"]);
    expect(told.map(({ event }) => event)).to.deep.equal([
      "runner_installed",
      "runner_start",
      "runner_stop",
      "reconciliation",
    ]);
    const common = {
      flavor: APPLICATION,
      workflow: "Nightly build",
      repo: REPOSITORY,
      github_event: "schedule",
    };
    const [start] = named(told, "runner_start");
    expect(start).to.include(common);
    expect(start).to.have.all.keys(...Object.keys(common), "timestamp", "event", "idle", "queue_duration");
    expect(start?.["timestamp"]).to.be.closeTo((job.startedAt ?? 0) / 1000, 15);
    expect(start?.["idle"]).to.be.within(0, 300);
    expect(start?.["queue_duration"]).to.be.within(0, 90);
    const [stop] = named(told, "runner_stop");
    expect(stop).to.include({ ...common, status: "normal", job_conclusion: "success" });
    expect(stop).to.have.all.keys(
      ...Object.keys(common),
      "timestamp",
      "event",
      "status",
      "job_duration",
      "job_conclusion",
    );
    expect(stop?.["job_duration"]).to.be.within(1, 90);
    expect(told.at(-1)).to.include({ crashed_runners: 0, expected_runners: 1 });
    expect(await mounts(), "that of the fresh runner").to.have.lengthOf(1);
  });

  it("count a runner that was cut off in its job as crashed", async () => {
    const job = await rig.occupy(patience());
    const runner = job.runnerName ?? "";
    const preJob = join(rig.dataDirectory, "metrics", runner, "share/pre-job-metrics.json");
    await until("the beginning of the job", () => Promise.resolve(existsSync(preJob)), patience());
    await rig.lxd.client.instances.changeState(runner, { action: "stop", force: true }, patience());
    await rig.gone(runner, patience());
    const told = await toldBy(() => rig.reconcile(patience()));
    expect(named(told, "runner_start")).to.have.lengthOf(1);
    expect(named(told, "runner_stop")).to.deep.equal([]);
    expect(named(told, "reconciliation").at(-1)).to.include({ crashed_runners: 1 });
    await rig.github.call("cancel-job", { id: job.id }, patience());
  });

  it("refuse the rubbish of a hostile job, and keep it as evidence", async () => {
    const { job, told } = await run([
      `cd ${SHARE}; rm -f pre-job-metrics.json; mkfifo pre-job-metrics.json; ln -s /etc/shadow post-job-metrics.json`,
      `cd ${SHARE}; for n in $(seq 200); do echo "$n" >"rubbish $n" || break; done; true`,
    ]);
    expect(job.conclusion, job.log).to.equal("success");
    expect(told.map(({ event }) => event)).to.deep.equal(["runner_installed", "reconciliation"]);
    const kept = await evidence(job.runnerName);
    expect(kept.find(({ file }) => file === "pre-job-metrics.json")).to.include({ reason: "it is a pipe" });
    expect(kept.length).to.be.within(10, 102);
    expect(rig.log.join("\n")).to.include(`Runner wrote invalid metrics runner=${job.runnerName ?? ""}`);
  });

  it("tell of a job that the policy refused, after one whose metrics were bad", async () => {
    // As the pre-job script writes it down.
    const refusal = '{"timestamp":%s,"status":"repo-policy-check-failure","status_info":{"code":403}}';
    const { told } = await run([`printf '${refusal}' "$(date +%s)" >${SHARE}/post-job-metrics.json; exit 1`]);
    expect(named(told, "runner_stop")[0]).to.deep.include({
      status: "repo-policy-check-failure",
      status_info: { code: 403 },
      job_conclusion: "failure",
    });
    expect(named(told, "reconciliation").at(-1)).to.include({ crashed_runners: 0 });
  });

  it("leave nothing behind when the unit goes", async () => {
    await rig.agent.remove(rig.application, false, patience(120_000));
    expect(await mounts()).to.deep.equal([]);
    expect(await readdir(rig.dataDirectory).catch(() => "gone")).to.equal("gone");
    const isAlone = (await readdir("/var/lib/github-runner").catch(() => [])).length === 0;
    if (isAlone) {
      expect(await readdir("/var/log")).to.not.include("github-runner-metrics.log");
      expect(await readdir("/etc/logrotate.d")).to.not.include("github-runner-metrics");
    }
  });
});
