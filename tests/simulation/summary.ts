import type { Fault } from "./faults.ts";
import type { FaultTime, RequestKind, SimulatedJob } from "./records.ts";
import type { Simulation } from "./simulate.ts";

/** Waiting times in seconds. */
export interface Waits {
  readonly jobs: number;
  readonly p50: number;
  readonly p95: number;
  readonly p99: number;
  readonly longest: number;
}

/** What a simulation has found. */
export interface Summary {
  readonly jobs: number;
  /** Jobs that have neither ended nor been given up by GitHub. */
  readonly lost: number;
  readonly runTwice: number;
  readonly killed: number;
  /** Jobs that GitHub gave up, since their runners did not get them time and again. */
  readonly givenUp: number;
  readonly broken: readonly string[];
  readonly runners: number;
  readonly fromStandby: number;
  /** Runners that were made for nothing: more than jobs were begun. */
  readonly unused: number;
  readonly rounds: number;
  readonly kills: number;
  readonly mostRunning: number;
  readonly mostRegistrations: number;
  /** From the assignment to a unit until GitHub has a runner of it that listens. */
  readonly calm: Waits;
  readonly faults: readonly { readonly what: string; readonly waits: Waits }[];
  /** Jobs that a runner did not get: from their return to the unit until another one listens. */
  readonly again: Waits;
  /** From the queueing until a unit has room: the units were full. */
  readonly forRoom: Waits;
  readonly requests: ReadonlyMap<RequestKind, number>;
  /** Requests to the REST API that count. */
  readonly rest: number;
  readonly busiestHour: number;
  readonly refusedForLimit: number;
  readonly failedRequests: number;
}

/** What GitHub has done wrong is felt for a while: pauses of the units last up to five minutes. */
export const AFTER_MS = 10 * 60_000;

/** Works out what a simulation has found. Pure. */
export function summarise({ faults, options, records, endsAt, beginsAt }: Simulation): Summary {
  const { jobs, requests, samples } = records;
  // A day that was squeezed has shorter faults, and shorter times after them.
  const afterMs = AFTER_MS * Math.min(1, (endsAt - beginsAt) / 86_400_000);
  const of = (fault: FaultTime) => jobs.filter((job) => isDuring(job, fault, afterMs));
  const disturbed = new Set(faults.flatMap(of));
  const starts = jobs.reduce((sum, job) => sum + Math.min(1, job.starts), 0);
  const rest = [...requests].reduce(
    (sum, [kind, count]) =>
      kind.startsWith("rest: ") && kind !== "rest: list of runners, unchanged" ? sum + count : sum,
    0,
  );
  const happened: readonly (Fault & FaultTime)[] = options.hasFaults ? faults : [];
  return {
    jobs: jobs.length,
    lost: jobs.filter(({ state }) => state !== "completed" && state !== "failed").length,
    runTwice: jobs.filter((job) => job.starts > 1).length,
    killed: records.killed,
    givenUp: jobs.filter(({ state }) => state === "failed").length - records.killed,
    broken: records.broken,
    runners: records.runners,
    fromStandby: records.fromStandby,
    unused: Math.max(0, records.runners - starts),
    rounds: records.rounds,
    kills: records.kills,
    mostRunning: Math.max(0, ...samples.map(({ running }) => running)),
    mostRegistrations: Math.max(0, ...samples.map(({ registrations }) => registrations)),
    calm: waitsOf(
      jobs.filter((job) => !disturbed.has(job) && !job.wasLost),
      forRunner,
    ),
    faults: happened.map((fault) => ({ what: fault.what, waits: waitsOf(of(fault), forRunner) })),
    again: describe(records.secondWaits),
    forRoom: waitsOf(jobs, ({ assignedAt, queuedAt }) => assignedAt && assignedAt - queuedAt),
    requests,
    rest,
    busiestHour: records.busiestHour,
    refusedForLimit: records.refusedForLimit,
    failedRequests: records.failedRequests,
  };
}

/** What must be 0, and is not. Pure. */
export function faultsOf({ lost, runTwice, killed, broken }: Summary): readonly string[] {
  return [
    ...(lost > 0 ? [`${lost} jobs are lost`] : []),
    ...(runTwice > 0 ? [`${runTwice} jobs have run twice`] : []),
    ...(killed > 0 ? [`${killed} jobs were killed`] : []),
    ...broken,
  ];
}

/** From the assignment until GitHub has a runner for it that listens. */
export function forRunner({ assignedAt, readyAt }: SimulatedJob): number | undefined {
  return assignedAt === undefined || readyAt === undefined ? undefined : readyAt - assignedAt;
}

function isDuring({ assignedAt, readyAt }: SimulatedJob, { from, to }: FaultTime, afterMs: number): boolean {
  return assignedAt !== undefined && assignedAt < to + afterMs && (readyAt ?? Infinity) >= from;
}

/** @param wait milliseconds; undefined for a job that does not count. */
function waitsOf(jobs: readonly SimulatedJob[], wait: (job: SimulatedJob) => number | undefined): Waits {
  return describe(jobs.flatMap((job) => wait(job) ?? []));
}

/** @param waits milliseconds. */
function describe(waits: readonly number[]): Waits {
  const sorted = waits.toSorted((left, right) => left - right);
  return {
    jobs: sorted.length,
    p50: percentile(sorted, 0.5) / 1000,
    p95: percentile(sorted, 0.95) / 1000,
    p99: percentile(sorted, 0.99) / 1000,
    longest: (sorted.at(-1) ?? 0) / 1000,
  };
}

/** The least value that so many of the values do not exceed; 0 of none. @param sorted the smallest first. */
export function percentile(sorted: readonly number[], part: number): number {
  return sorted[Math.max(0, Math.ceil(part * sorted.length) - 1)] ?? 0;
}
