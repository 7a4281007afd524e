import { expect } from "chai";
import { silentLogger, systemClock } from "charm-kit";
import type { UnitEvent } from "../../src/metrics/event-spool.ts";
import { UnitExposition, type UnitExpositionDependencies } from "../../src/service/unit-exposition.ts";
import type { ServiceStatus } from "../../src/unit/service-status.ts";
import { promtool, usePrometheus } from "../support/prometheus/promtool.ts";

const STATUS: ServiceStatus = {
  unit: "runners/0",
  revision: 1,
  program: "test",
  startedAt: 1_790_000_000_000,
  activity: { state: "without settings", reason: "none" },
  checkedAt: 1_790_000_100_000,
  counts: {
    online: 2,
    busy: 3,
    offline: 1,
    unknown: 0,
    standby: 4,
    names: ["a"],
  } as unknown as ServiceStatus["counts"],
  wanted: 8,
  capacity: 7,
  image: "due",
  waiting: 1,
  demand: undefined,
  notices: [],
  fault: undefined,
  failures: [],
  nextAttemptAt: undefined,
  settingsFault: undefined,
  intervalMs: 600_000,
  runners: [],
};
const JOB = {
  timestamp: 1,
  flavor: "app",
  workflow: "CI",
  repo: "octo/hello",
  github_event: "push",
} as const;
const EVENTS: readonly UnitEvent[] = [
  { event: "runner_installed", timestamp: 1, flavor: "app", duration: 2 },
  { event: "start_stages", stages: { cloned: 0.5, registered: 0.75, online: 1 } },
  { event: "runner_start", ...JOB, idle: 10, queue_duration: 4 },
  { event: "first_step", duration: 1.5 },
  { event: "runner_stop", ...JOB, status: "normal", job_duration: 60, job_conclusion: "success" },
  { event: "refill", duration: 1.25 },
  { event: "job_killed" },
  {
    event: "reconciliation",
    timestamp: 1,
    flavor: "app",
    crashed_runners: 2,
    idle_runners: 1,
    active_runners: 1,
    expected_runners: 2,
    duration: 0.5,
  },
];

/** The lines without those of the process and of the machine. */
const exposition = (change: Partial<UnitExpositionDependencies> = {}) =>
  new UnitExposition({
    status: () => STATUS,
    reconcileMinutes: () => 10,
    spool: { take: () => Promise.resolve([]) },
    facts: () => Promise.resolve({ pool: undefined, application: undefined }),
    clock: systemClock,
    log: silentLogger,
    version: "1.2.3",
    ...change,
  });
const linesOf = async (metrics: UnitExposition) => (await metrics.expose(undefined)).body.split("\n");

describe("UnitExposition", () => {
  it("shows the status, and leaves out what is not known", async () => {
    const lines = await linesOf(exposition());
    expect(lines).to.include.members([
      'github_runner_runners{state="busy"} 3',
      "github_runner_standby_instances 4",
      "github_runner_runners_wanted 8",
      "github_runner_runners_capacity 7",
      'github_runner_service_state{state="without_settings"} 1',
      'github_runner_service_state{state="waiting"} 0',
      'github_runner_image_state{state="due"} 1',
      "github_runner_reconcile_interval_seconds 600",
      'github_runner_last_success_timestamp_seconds{work="reconcile"} 1790000100',
    ]);
    expect(lines.join("\n")).to.match(/github_runner_build_info\{version="1.2.3",node_version="[\d.]+"\} 1/);
    expect(lines.join("\n")).not.to.contain("next_attempt_timestamp_seconds ");
  });

  it("counts each event once", async () => {
    const batches = [EVENTS, []];
    const metrics = exposition({ spool: { take: () => Promise.resolve(batches.shift() ?? []) } });
    await linesOf(metrics);
    expect(await linesOf(metrics)).to.include.members([
      "github_runner_runners_started_total 1",
      "github_runner_runners_crashed_total 2",
      'github_runner_jobs_started_total{github_event="push"} 1',
      'github_runner_jobs_ended_total{status="normal",conclusion="success"} 1',
      'github_runner_wait_duration_seconds_sum{stage="queued"} 4',
      'github_runner_wait_duration_seconds_sum{stage="first_step"} 1.5',
      'github_runner_wait_duration_seconds_sum{stage="cloned"} 0.5',
      'github_runner_wait_duration_seconds_count{stage="booted"} 0',
      "github_runner_refill_duration_seconds_sum 1.25",
      "github_runner_jobs_killed_total 1",
      "github_runner_reconcile_duration_seconds_count 1",
    ]);
  });

  it("shows the demand while the number of runners follows it, and then no more", async () => {
    const metrics = exposition();
    const demand = (lines: readonly string[]) =>
      lines.filter((line) => /^github_runner_(?:jobs_(?:assigned|waiting)|demand_session)/.test(line));
    expect(demand(await linesOf(metrics))).to.deep.equal([]);
    metrics.onDemand({ session: "open", assigned: 5, running: 3, waitingSince: 2000, heardAt: 9000 });
    metrics.onDemandMessage({ waits: [1500, 500] });
    metrics.onDemandMessage({ waits: [] });
    const lines = await linesOf(metrics);
    expect(demand(lines)).to.deep.equal([
      "github_runner_jobs_assigned 5",
      "github_runner_jobs_waiting 2",
      "github_runner_jobs_waiting_since_timestamp_seconds 2",
      'github_runner_demand_session_state{state="opening"} 0',
      'github_runner_demand_session_state{state="open"} 1',
      'github_runner_demand_session_state{state="failing"} 0',
    ]);
    expect(lines).to.include.members([
      "github_runner_demand_messages_total 2",
      'github_runner_wait_duration_seconds_sum{stage="assigned"} 2',
      'github_runner_wait_duration_seconds_count{stage="assigned"} 2',
      'github_runner_last_success_timestamp_seconds{work="demand"} 9',
    ]);
    metrics.onDemand({ session: "failing", assigned: 1, running: 3, waitingSince: undefined, heardAt: 9000 });
    const failing = demand(await linesOf(metrics));
    expect(failing).to.include('github_runner_demand_session_state{state="failing"} 1');
    expect(failing).to.include("github_runner_jobs_waiting 0");
    metrics.onDemand(undefined);
    const after = await linesOf(metrics);
    expect(demand(after)).to.deep.equal([]);
    expect(after.join("\n")).not.to.contain('work="demand"');
  });

  it("counts policy checks by their verdict, from 0 on", async () => {
    const metrics = exposition();
    const checks = async () =>
      (await linesOf(metrics)).filter((line) => line.startsWith("github_runner_policy_checks_total"));
    const shown = (allowed: number, refused: number, failed: number) =>
      Object.entries({ allowed, refused, failed }).map(
        ([verdict, count]) => `github_runner_policy_checks_total{verdict="${verdict}"} ${count}`,
      );
    expect(await checks()).to.deep.equal(shown(0, 0, 0));
    for (const verdict of ["allowed", "failed", "allowed", "refused"] as const)
      metrics.onPolicyCheck(verdict);
    metrics.onPolicyCheck('allowed"} 9\n' as "allowed");
    expect(await checks()).to.deep.equal(shown(2, 1, 1));
  });

  it("shows no value of a guest that it does not have", async () => {
    const evil = 'push"} 1\nevil{x="';
    const events: UnitEvent[] = Array.from({ length: 500 }, (_, index) => ({
      event: "runner_start",
      ...JOB,
      github_event: `${evil}${index}`,
      idle: Number.NaN,
    }));
    const before = (await linesOf(exposition())).length;
    const lines = await linesOf(exposition({ spool: { take: () => Promise.resolve(events) } }));
    expect(lines).to.include('github_runner_jobs_started_total{github_event="other"} 500');
    expect(lines.join("\n")).not.to.contain("evil");
    expect(lines).to.have.lengthOf(before);
  });

  it("shows answers of GitHub and LXD, the image and the pool", async () => {
    const facts = {
      pool: { size: 100, available: 40 },
      application: { version: "2.330.0", checkedAt: 2000, seenAt: 1000 },
    };
    const metrics = exposition({ facts: () => Promise.resolve(facts) });
    metrics.onGithubAnswer({
      outcome: "rate_limited",
      seconds: 0.2,
      rateLimit: { limit: 5000, remaining: 0, resetAt: 1_790_000_000 },
    });
    metrics.onLxdAnswer({ outcome: "ok", seconds: 0.02 });
    metrics.onImage(5000);
    expect(await linesOf(metrics)).to.include.members([
      'github_runner_github_requests_total{outcome="rate_limited"} 1',
      "github_runner_github_rate_limit_remaining 0",
      'github_runner_lxd_call_duration_seconds_count{outcome="ok"} 1',
      'github_runner_last_success_timestamp_seconds{work="image_build"} 5',
      'github_runner_last_success_timestamp_seconds{work="application_check"} 2',
      "github_runner_application_seen_timestamp_seconds 1",
      "github_runner_pool_available_bytes 40",
    ]);
  });

  it("answers while LXD hangs, and asks it once for many scrapers", async () => {
    let asked = 0;
    const metrics = exposition({
      facts: (signal) => {
        asked += 1;
        return new Promise((_resolve, reject) => {
          signal.addEventListener("abort", () => {
            reject(signal.reason as Error);
          });
        });
      },
    });
    const all = await Promise.all(Array.from({ length: 100 }, () => linesOf(metrics)));
    expect(all.every((lines) => lines.includes("github_runner_runners_wanted 8"))).to.equal(true);
    await linesOf(metrics);
    expect(asked).to.equal(1);
  }).timeout(120_000);

  it("shows the other metrics when the events cannot be read", async () => {
    const metrics = exposition({ spool: { take: () => Promise.reject(new Error("EIO")) } });
    expect(await linesOf(metrics)).to.include("github_runner_runners_wanted 8");
  });

  describe("in Prometheus' eyes", () => {
    usePrometheus();

    it("has names and units by its conventions", async () => {
      const { body } = await exposition({ spool: { take: () => Promise.resolve(EVENTS) } }).expose(undefined);
      expect(promtool(["check", "metrics"], body)).to.deep.equal({ isFine: true, output: "" });
    });
  });
});
