import { execFileSync } from "node:child_process";
import { mkdir, readFile, readdir, rm, stat, symlink, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect } from "chai";
import { EventLog } from "../../src/metrics/event-log.ts";
import { EventSpool } from "../../src/metrics/event-spool.ts";
import type { MetricEvent } from "../../src/metrics/metric-event.ts";
import { mountPoints } from "../../src/metrics/share-mount.ts";
import { ShareStore } from "../../src/metrics/share-store.ts";
import { UnitMetrics } from "../../src/metrics/unit-metrics.ts";
import type { JobFacts, JobQuery, Jobs, ObjectiveRecord } from "../../src/metrics/ports.ts";
import { type RunProcess, createLogger, runProcess } from "charm-kit";
import { rejection } from "../support/rejection.ts";
import { FakeHistory } from "../runners/fake-history.ts";
import { unaborted } from "../runners/signals.ts";
import { useTemporaryDirectory } from "../support/temporary-directory.ts";

const NOW_MS = 1_790_000_000_500;
const NOW = NOW_MS / 1000;
const ROUND = { runners: [], stopped: [], standby: [], idle: 1, busy: 2, wanted: 4, tookMs: 1234 };
const SUCCESS: JobFacts = { createdAt: 1000, startedAt: 4500, conclusion: "success" };
const noMount: RunProcess = () => Promise.resolve({ exitCode: 0, stdout: "", stderr: "" });

/** GitHub's record, as far as a test fills it. */
class FakeJobs implements Jobs {
  readonly asked: JobQuery[] = [];
  readonly facts = new Map<string, JobFacts>();
  failure: Error | undefined;

  job(query: JobQuery): Promise<JobFacts | undefined> {
    this.asked.push(query);
    return this.failure ? Promise.reject(this.failure) : Promise.resolve(this.facts.get(query.runner));
  }
}

describe("UnitMetrics", () => {
  const directory = useTemporaryDirectory();
  let jobs: FakeJobs;
  let history: FakeHistory;
  let warnings: string[];
  /** What the unit keeps of its objective. */
  let kept: ObjectiveRecord | null;

  beforeEach(() => {
    jobs = new FakeJobs();
    history = new FakeHistory();
    warnings = [];
    kept = null;
  });

  const path = (...parts: readonly string[]) => join(directory.path, ...parts);
  const still = (now: number) => ({
    now: () => now,
    wait: () => Promise.reject(new Error("nothing waits")),
  });
  const unit = ({ run = noMount, now = NOW_MS, events = path("metrics.log"), clock = still(now) } = {}) => {
    const log = createLogger(
      (_level, line) => warnings.push(line),
      (text) => text,
    );
    const shares = new ShareStore({
      directory: path("metrics"),
      quarantine: path("quarantine"),
      run,
      clock,
      log,
    });
    const options = { flavor: "app", shareInGuest: "/metrics-exchange" };
    const spool = new EventSpool(directory.path);
    const objective = {
      read: () => Promise.resolve(kept),
      write: (record: ObjectiveRecord) => {
        kept = record;
        return Promise.resolve();
      },
    };
    const dependencies = {
      shares,
      events: new EventLog(events),
      spool,
      jobs,
      history,
      objective,
      clock,
      log,
    };
    return new UnitMetrics(dependencies, options);
  };
  const logged = async (): Promise<MetricEvent[]> =>
    (await readFile(path("metrics.log"), "utf8").catch(() => ""))
      .split("\n")
      .filter((line) => line !== "")
      .map((line) => JSON.parse(line) as MetricEvent);
  const write = (runner: string, file: string, content: unknown) =>
    writeFile(path("metrics", runner, "share", file), JSON.stringify(content));
  const began = (runner: string, timestamp = NOW - 60) =>
    write(runner, "pre-job-metrics.json", {
      workflow: "CI",
      repository: "octo/hello",
      event: "push",
      timestamp,
      workflow_run_id: "7",
    });
  const ended = (runner: string) =>
    write(runner, "post-job-metrics.json", { timestamp: NOW - 10, status: "normal" });
  /** A runner that was made a hundred seconds ago. */
  const make = async (runner: string) => {
    await unit().share(runner, unaborted());
    await unit({ now: NOW_MS - 100_000, events: path("earlier.log") }).installed(runner, 0);
  };

  it("returns the runners whose application ended without a job, with the end of its output", async () => {
    for (const name of ["app-0-1", "app-0-2", "app-0-3", "app-0-4"]) await make(name);
    const died = (name: string, timestamp: number, code?: number) =>
      write(name, "post-job-metrics.json", {
        timestamp,
        status: code === undefined ? "normal" : "abnormal",
        ...(code !== undefined && { status_info: { code } }),
      });
    await died("app-0-1", NOW - 97, 3);
    const output = "first\n\u001b[31mno disk\u001b[0m\n\nat \u0007line\nexiting\n";
    await writeFile(path("metrics", "app-0-1", "share", "application-output.txt"), output);
    // At once, though with 0.
    await died("app-0-2", NOW - 99);
    await writeFile(path("metrics", "app-0-2", "share", "application-output.txt"), "Out of cheese\n");
    // With a job: whatever its end was, the job had it.
    await began("app-0-3");
    await died("app-0-3", NOW - 10, 1);
    // The unit removed the last one.
    const ends = await unit().reconciled(ROUND, unaborted());
    expect(ends).to.deep.equal([
      { name: "app-0-1", code: 3, seconds: 3, output: "no disk | at ?line | exiting" },
      { name: "app-0-2", code: 0, seconds: 1, output: "Out of cheese" },
    ]);
    expect(warnings).to.deep.equal([]);
  });

  for (const output of [
    "",
    "The runner no longer exists on the server. Cleaning up local configuration.\nRemoved .runner\n",
    "Failed to create a session. The runner registration has been deleted from the server\n",
    // All that GitHub's application prints, as its users report it.
    `The runner no longer exists on the server. Cleaning up local configuration.
√ Removed .credentials
√ Removed .runner
Runner listener exit with 0 return code, stop the service, no retry needed.
Exiting runner...
`,
    `Failed to create a session. The runner registration has been deleted from the server, please re-configure. Runner registrations are automatically deleted for runners that have not connected to the service recently.
Runner listener exit with terminated error, stop the service, no retry needed.
Exiting runner...
`,
  ]) {
    it(`returns no runner that GitHub dropped at once, with the output ${JSON.stringify(output.slice(0, 40))} in ${output.length} characters`, async () => {
      await make("app-0-1");
      await write("app-0-1", "post-job-metrics.json", { timestamp: NOW - 99, status: "normal" });
      await writeFile(path("metrics", "app-0-1", "share", "application-output.txt"), output);
      expect(await unit().reconciled(ROUND, unaborted())).to.deep.equal([]);
    });
  }

  it("returns no runner that GitHub dropped after a while, and whose application ended with 0", async () => {
    await make("app-0-1");
    await write("app-0-1", "post-job-metrics.json", { timestamp: NOW + 300, status: "normal" });
    expect(await unit().reconciled(ROUND, unaborted())).to.deep.equal([]);
  });

  it("tells whether GitHub has ended the job of which a guest has told, and asks every ten minutes", async () => {
    await make("app-0-1");
    expect(await unit().jobEnded("app-0-1", unaborted()), "no job").to.equal(false);
    expect(await unit().jobEnded("app-0-9", unaborted()), "no such runner").to.equal(false);
    await began("app-0-1");
    let now = NOW_MS;
    const metrics = unit({ clock: { ...still(0), now: () => now } });
    const hasEnded = () => metrics.jobEnded("app-0-1", unaborted());
    expect(await hasEnded(), "GitHub knows no such job").to.equal(false);
    now += 10 * 60_000;
    jobs.facts.set("app-0-1", { ...SUCCESS, conclusion: undefined });
    expect(await hasEnded(), "it is not finished").to.equal(false);
    now += 10 * 60_000 - 1;
    jobs.facts.set("app-0-1", { ...SUCCESS, conclusion: "cancelled" });
    expect(await hasEnded(), "nobody is asked").to.equal(false);
    now += 1;
    expect(await hasEnded()).to.equal(true);
    expect(jobs.asked).to.deep.equal(
      Array.from({ length: 3 }, () => ({ repository: "octo/hello", runId: 7, runner: "app-0-1" })),
    );
    now += 10 * 60_000;
    jobs.failure = new Error("502");
    expect(await hasEnded(), "nobody knows").to.equal(false);
  });

  it("tells of a new runner and remembers when it was ready", async () => {
    const share = await unit().share("app-0-1", unaborted());
    expect(share).to.deep.equal({
      source: path("metrics", "app-0-1", "share"),
      path: "/metrics-exchange",
    });
    await unit().installed("app-0-1", 2345.6);
    expect(await logged()).to.deep.equal([
      { timestamp: NOW, flavor: "app", event: "runner_installed", duration: 2.346 },
    ]);
    expect(await readFile(path("metrics", "app-0-1", "runner-installed.timestamp"), "utf8")).to.equal(
      `${NOW}\n`,
    );
    expect(
      (await stat(path("metrics", "app-0-1"))).mode & 0o777,
      "guests are in no group of the host",
    ).to.equal(0o700);
  });

  it("tells what runners that are gone have done, and then of the round", async () => {
    for (const name of ["app-0-1", "app-0-2", "app-0-3", "app-0-4"]) await make(name);
    for (const name of ["app-0-1", "app-0-2", "app-0-3"]) await began(name);
    for (const name of ["app-0-1", "app-0-3"]) await ended(name);
    jobs.facts.set("app-0-1", SUCCESS);
    await unit().reconciled({ ...ROUND, runners: ["app-0-3"] }, unaborted());

    const job = { flavor: "app", workflow: "CI", repo: "octo/hello", github_event: "push" };
    expect(await logged()).to.deep.equal([
      { timestamp: NOW - 60, event: "runner_start", ...job, idle: 40, queue_duration: 3.5 },
      {
        timestamp: NOW - 10,
        event: "runner_stop",
        ...job,
        status: "normal",
        job_duration: 50,
        job_conclusion: "success",
      },
      { timestamp: NOW - 60, event: "runner_start", ...job, idle: 40 },
      {
        timestamp: NOW,
        flavor: "app",
        event: "reconciliation",
        crashed_runners: 1,
        idle_runners: 1,
        active_runners: 2,
        expected_runners: 4,
        duration: 1.234,
      },
    ]);
    expect(jobs.asked).to.deep.equal([
      { repository: "octo/hello", runId: 7, runner: "app-0-1" },
      { repository: "octo/hello", runId: 7, runner: "app-0-2" },
    ]);
    expect(await readdir(path("metrics"))).to.deep.equal(["app-0-3"]);
    await unit().reconciled({ ...ROUND, runners: ["app-0-3"] }, unaborted());
    expect(await logged(), "nothing is told twice").to.have.lengthOf(5);
  });

  it("keeps what standby instances will write to, and what stopped runners have written until they are removed", async () => {
    for (const name of ["app-0-1", "app-0-2", "app-0-4", "app-0-5"]) await make(name);
    await ended("app-0-4");
    await unit().reconciled(
      { ...ROUND, runners: ["app-0-1"], stopped: ["app-0-4"], standby: ["app-0-2"] },
      unaborted(),
    );
    expect(await readdir(path("metrics"))).to.deep.equal(["app-0-1", "app-0-2", "app-0-4"]);
    expect(await unit().report("app-0-4"))
      .to.have.property("end")
      .that.is.not.equal(undefined);
  });

  it("tells which applications have ended, and when, whatever times their guests set", async () => {
    for (const name of ["app-0-1", "app-0-2"]) await make(name);
    await began("app-0-2");
    const before = Date.now();
    await ended("app-0-1");
    await utimes(path("metrics", "app-0-1", "share", "post-job-metrics.json"), 1, 1);
    const found = await unit().ended(["app-0-1", "app-0-2", "app-0-3"]);
    expect([...found.keys()]).to.deep.equal(["app-0-1"]);
    expect(found.get("app-0-1")).to.be.within(before - 1000, Date.now() + 1000);
    expect(await unit().ended([])).to.deep.equal(new Map());
  });

  it("records jobs and ends for the history, and reads a record without taking it away", async () => {
    for (const name of ["app-0-1", "app-0-2"]) await make(name);
    await began("app-0-1");
    await ended("app-0-1");
    const job = { repository: "octo/hello", workflow: "CI", runId: 7 };
    expect(await unit().recorded()).to.have.members(["app-0-1", "app-0-2"]);
    for (let time = 0; time < 2; time++) {
      expect(await unit().report("app-0-1")).to.deep.include({
        readyAt: NOW_MS - 100_000,
        job: { ...job, at: NOW_MS - 60_000 },
        end: { status: "normal", code: undefined, at: NOW_MS - 10_000 },
        isEarly: false,
      });
    }
    expect(await unit().report("app-0-2")).to.include({ job: undefined, end: undefined, output: "" });
    expect(await unit().report("../app-0-2")).to.equal(undefined);
    await unit().reconciled(ROUND, unaborted());
    expect(history.moments).to.deep.equal([
      { event: "job", runner: "app-0-1", at: NOW_MS - 60_000, ...job },
      { event: "ended", runner: "app-0-1", at: NOW_MS - 10_000, status: "normal", code: undefined },
    ]);
    expect(await unit().recorded()).to.deep.equal([]);
  });

  it("measures how long the place of a used runner was vacant, over the end of a process", async () => {
    await make("app-0-1");
    const now = Date.now();
    await began("app-0-1", now / 1000 - 60);
    await write("app-0-1", "post-job-metrics.json", { timestamp: now / 1000 - 10, status: "normal" });
    jobs.facts.set("app-0-1", { ...SUCCESS, startedAt: now - 61_000 });
    await unit({ now }).reconciled({ ...ROUND, wanted: 1 }, unaborted());
    const [since = 0] = kept?.vacantSince ?? [];
    expect(since).to.be.closeTo(now, 60_000);
    await new EventSpool(directory.path).take();
    const later = unit({ now: since + 2500 });
    await later.installed("app-0-2", 100);
    await later.reconciled({ ...ROUND, runners: ["app-0-2"], wanted: 1 }, unaborted());
    const told = await new EventSpool(directory.path).take();
    expect(told.filter(({ event }) => event === "refill")).to.deep.equal([
      { event: "refill", duration: 2.5 },
    ]);
    expect(kept?.vacantSince).to.deep.equal([]);
    expect(kept?.standing.refill).to.deep.equal({ good: 1, total: 1 });
    expect(kept?.standing.job).to.deep.equal({ good: 1, total: 1 });
    expect(kept?.standing.wait.total).to.equal(1);
  });

  it("counts a job that the unit has ended against the objective", async () => {
    await make("app-0-1");
    await began("app-0-1");
    history.moments.push(
      { event: "decided", reason: "busy for too long", activity: "job", runner: "app-0-1", at: 1 },
      { event: "removing", runner: "app-0-1", at: 2 },
    );
    await unit().reconciled(ROUND, unaborted());
    const told = await new EventSpool(directory.path).take();
    expect(told).to.deep.include({ event: "job_killed" });
    expect(kept?.standing.job).to.deep.equal({ good: 0, total: 1 });
  });

  it("writes no standing while nothing happens", async () => {
    await unit().reconciled(ROUND, unaborted());
    expect(kept).to.equal(null);
  });

  it("asks GitHub nothing when no runner with a job is gone", async () => {
    await make("app-0-1");
    await unit().reconciled(ROUND, unaborted());
    expect(jobs.asked).to.deep.equal([]);
    expect((await logged()).map(({ event }) => event)).to.deep.equal(["reconciliation"]);
  });

  it("tells what it knows when GitHub fails, and asks it no more in this round", async () => {
    for (const name of ["app-0-1", "app-0-2"]) {
      await make(name);
      await began(name);
    }
    jobs.failure = new Error("rate limit");
    await unit().reconciled(ROUND, unaborted());
    expect(jobs.asked).to.have.lengthOf(1);
    expect((await logged()).map(({ event }) => event)).to.deep.equal([
      "runner_start",
      "runner_start",
      "reconciliation",
    ]);
    expect(warnings.join()).to.include("rate limit");
  });

  it("tells what the last runners have done before the unit goes", async () => {
    for (const name of ["app-0-1", "app-0-2"]) await make(name);
    for (const name of ["app-0-1", "app-0-2"]) await began(name);
    await ended("app-0-1");
    jobs.facts.set("app-0-1", SUCCESS);
    await unit().remove(unaborted());
    const told = (await logged()).map(({ event }) => event);
    expect(told).to.deep.equal(["runner_start", "runner_stop", "runner_start"]);
    expect(await readdir(directory.path)).not.to.include("metrics");
  });

  it("lets the unit go when the last runners cannot be told of", async () => {
    await make("app-0-1");
    await began("app-0-1");
    await mkdir(path("metrics.log"));
    await unit().remove(unaborted());
    expect(warnings.join("\n")).to.include("Metrics are incomplete");
    expect(await readdir(directory.path)).not.to.include("metrics");
  });

  it("fails nothing when the log cannot be written, and lets no shares pile up", async () => {
    await make("app-0-1");
    await began("app-0-1");
    const events = path("not-there", "metrics.log");
    await unit({ events }).installed("app-0-2", 1);
    await unit({ events }).reconciled(ROUND, unaborted());
    expect(warnings.join()).to.include("Metrics are incomplete").and.to.include("ENOENT");
    expect(await readdir(path("metrics"))).to.deep.equal([]);
  });

  it("makes a runner without a share where none can be mounted", async () => {
    const run: RunProcess = () =>
      Promise.resolve({ exitCode: 32, stdout: "", stderr: "mount: permission denied" });
    expect(await unit({ run }).share("app-0-1", unaborted())).to.equal(undefined);
    expect(warnings.join()).to.include("permission denied");
    expect(await readdir(path("metrics"))).to.deep.equal([]);
  });

  it("takes away what a process left that was killed at any point, and tells nothing of it", async () => {
    await mkdir(path("metrics", "app-0-1"), { recursive: true });
    await mkdir(path("metrics", "app-0-2", "share"), { recursive: true });
    await unit().reconciled(ROUND, unaborted());
    expect((await logged()).map(({ event }) => event)).to.deep.equal(["reconciliation"]);
    expect(await readdir(path("metrics"))).to.deep.equal([]);
    expect(await readdir(directory.path)).to.not.include("quarantine");
  });

  it("takes the making of the share for the time at which a runner was ready, if nobody lived to note it", async () => {
    await unit().share("app-0-1", unaborted());
    const made = (await stat(path("metrics", "app-0-1"))).mtimeMs / 1000;
    await began("app-0-1", made + 30);
    await unit({ now: (made + 60) * 1000 }).reconciled(ROUND, unaborted());
    const [start] = await logged();
    expect(start).to.have.property("idle").that.is.closeTo(30, 0.01);
  });

  it("keeps evidence of at most twenty runners, and does not take what a guest was writing for one", async () => {
    await make("app-0-0");
    await began("app-0-0");
    await write("app-0-0", "post-job-metrics.json.new", "half");
    await unit().reconciled(ROUND, unaborted());
    expect(await readdir(directory.path)).to.not.include("quarantine");
    for (let made = 1; made <= 23; made++) {
      const runner = `app-0-${made}`;
      await make(runner);
      await symlink("/etc/passwd", path("metrics", runner, "share", "pre-job-metrics.json"));
      await unit().reconciled(ROUND, unaborted());
    }
    const kept = await readdir(path("quarantine"));
    expect(kept).to.have.lengthOf(20).and.to.include("app-0-23").and.not.to.include("app-0-1");
    expect((await logged()).filter(({ event }) => event === "runner_start")).to.have.lengthOf(1);
  });

  it("gives up when it is aborted", async () => {
    const run: RunProcess = (_command, { signal }) => Promise.reject(signal.reason as Error);
    const sharing = unit({ run }).share("app-0-1", AbortSignal.abort(new Error("stop")));
    expect(await rejection(sharing)).to.have.property("message", "stop");
  });

  describe("with real mounts", () => {
    before(function () {
      if (process.getuid?.() !== 0) this.skip();
    });

    const real = { run: runProcess };
    const mounted = async () =>
      mountPoints(await readFile("/proc/self/mountinfo", "utf8")).filter((point) =>
        point.startsWith(directory.path),
      );

    afterEach(async () => {
      for (const point of await mounted()) execFileSync("umount", [point]);
    });

    it("mounts a share, and takes away whatever is mounted on it, once or twice", async () => {
      const { source = "" } = (await unit(real).share("app-0-1", unaborted())) ?? {};
      await unit(real).share("app-0-1", unaborted());
      expect(await mounted()).to.deep.equal([source, source]);
      await unit(real).reconciled(ROUND, unaborted());
      expect(await mounted()).to.deep.equal([]);
      expect(await readdir(path("metrics"))).to.deep.equal([]);
    });

    it("tells that a record went with the mount, as at a reboot of the machine", async () => {
      const { source = "" } = (await unit(real).share("app-0-1", unaborted())) ?? {};
      expect(await unit(real).report("app-0-1")).to.include({ isLost: false });
      execFileSync("umount", [source]);
      expect(await unit(real).report("app-0-1")).to.include({ isLost: true });
    });

    it("leaves nothing when the unit leaves", async () => {
      for (const name of ["app-0-1", "app-0-2"]) await unit(real).share(name, unaborted());
      await mkdir(path("quarantine", "app-0-3"), { recursive: true });
      await unit(real).remove(unaborted());
      expect(await mounted()).to.deep.equal([]);
      expect(await readdir(directory.path)).to.deep.equal([]);
    });

    it("goes on with whole lines when a full disk has room again", async () => {
      await mkdir(path("disk"));
      execFileSync("mount", ["-t", "tmpfs", "-o", "size=16k", "test", path("disk")]);
      const events = path("disk", "metrics.log");
      await writeFile(events, "");
      await writeFile(path("disk", "filler"), "x".repeat(12 * 1024));
      for (let round = 0; round < 40; round++) await unit({ events }).reconciled(ROUND, unaborted());
      expect(warnings.join()).to.match(/ENOSPC|bytes were written/);
      await rm(path("disk", "filler"));
      await unit({ events }).reconciled({ ...ROUND, wanted: 99 }, unaborted());
      const last = (await readFile(events, "utf8")).trimEnd().split("\n").at(-1) ?? "";
      expect(JSON.parse(last)).to.include({ expected_runners: 99 });
    });
  });
});
