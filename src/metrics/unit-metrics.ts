import type {
  EarlyEnd,
  GuestReport,
  LifeMoment,
  Round,
  RunnerHistory,
  RunnerMetrics,
  SharedDirectory,
  StartStage,
} from "../runners/ports.ts";
import type { JobFacts, Jobs, Kept, ObjectiveRecord } from "./ports.ts";
import { isRecent, withDeadline, messageOf, type Clock, type Logger } from "charm-kit";
import type { EventLog } from "./event-log.ts";
import type { EventSpool, UnitEvent } from "./event-spool.ts";
import { crashedRunners, earlyEnds, firstStepOf, inMilliseconds, jobEvents } from "./job-events.ts";
import { judge } from "./judge.ts";
import { killedJobs } from "./killed-jobs.ts";
import type { MetricEvent } from "./metric-event.ts";
import type { PreJob, RunnerTrace } from "./runner-trace.ts";
import type { ShareStore } from "./share-store.ts";

/** Settings and services of {@link UnitMetrics}. */
export interface UnitMetricsDependencies {
  readonly shares: ShareStore;
  readonly events: EventLog;
  /** Takes the events to the unit's metrics endpoint. */
  readonly spool: EventSpool;
  readonly jobs: Jobs;
  readonly history: RunnerHistory;
  /** Read and written with the unit's lock held. */
  readonly objective: Kept<ObjectiveRecord>;
  readonly clock: Clock;
  readonly log: Logger;
}

export interface UnitMetricsOptions {
  /** Name of the application. */
  readonly flavor: string;
  /** Path of the share in the guest. */
  readonly shareInGuest: string;
}

/** What a reconcile has found. */
interface Found {
  readonly round: Round;
  /** When applications of runners that are gone have ended, in milliseconds since the Unix epoch. */
  readonly ended: readonly number[];
  readonly traces: readonly RunnerTrace[];
  readonly told: readonly MetricEvent[];
  readonly more: readonly UnitEvent[];
}

/** Longest time for GitHub's answers about one round's jobs. */
const LOOK_UP_MS = 20_000;
/** How often GitHub is asked for the end of a job that a guest claims, in milliseconds. */
const QUESTION_MS = 10 * 60_000;
/** Most jobs per round that are looked up at GitHub. Others are reported without GitHub's data. */
const MOST_LOOK_UPS = 50;

/** The metrics of one unit's runners. Best effort: failures are only logged. */
export class UnitMetrics implements RunnerMetrics {
  readonly #dependencies: UnitMetricsDependencies;
  readonly #options: UnitMetricsOptions;
  /** When runners began to listen that no reconcile has reported yet. */
  #started: number[] = [];
  /** When GitHub was asked for the end of a runner's job, by the runner's name. */
  readonly #askedAt = new Map<string, number>();

  constructor(dependencies: UnitMetricsDependencies, options: UnitMetricsOptions) {
    this.#dependencies = dependencies;
    this.#options = options;
  }

  async share(name: string, signal: AbortSignal): Promise<SharedDirectory | undefined> {
    return this.#softly("make the share of a runner", signal, async () => ({
      source: await this.#dependencies.shares.prepare(name, signal),
      path: this.#options.shareInGuest,
    }));
  }

  async ended(names: readonly string[]): Promise<ReadonlyMap<string, number>> {
    if (names.length === 0) return new Map();
    const { shares } = this.#dependencies;
    return (
      (await this.#softly("ask which runners have ended", undefined, () => shares.ended(names))) ?? new Map()
    );
  }

  async jobEnded(name: string, signal: AbortSignal): Promise<boolean> {
    const { clock, jobs, shares } = this.#dependencies;
    const now = clock.now();
    if (isRecent(this.#askedAt.get(name), { now, withinMs: QUESTION_MS })) return false;
    this.#askedAt.set(name, now);
    const hasEnded = await this.#softly("ask GitHub for the end of a job", signal, async () => {
      const { preJob } = (await shares.peek(name))?.trace ?? {};
      if (!preJob) return false;
      const { repository, runId } = preJob;
      const facts = await jobs.job({ repository, runId, runner: name }, signal);
      return facts?.conclusion !== undefined;
    });
    return hasEnded ?? false;
  }

  async installed(
    name: string,
    tookMs: number,
    stages: Readonly<Partial<Record<StartStage, number>>> = {},
  ): Promise<void> {
    const { shares, clock } = this.#dependencies;
    this.#started.push(clock.now());
    await this.#softly("note a new runner", undefined, async () => {
      await shares.noteInstalled(name);
      const inSeconds = Object.entries(stages).map(
        ([stage, ms]) => [stage, inMilliseconds(ms / 1000)] as const,
      );
      await this.#tell(
        [
          {
            ...this.#common(clock.now()),
            event: "runner_installed",
            duration: inMilliseconds(tookMs / 1000),
          },
        ],
        [{ event: "start_stages", stages: Object.fromEntries(inSeconds) }],
      );
    });
  }

  async reconciled(round: Round, signal: AbortSignal): Promise<readonly EarlyEnd[]> {
    const { shares, clock } = this.#dependencies;
    let ends: readonly EarlyEnd[] = [];
    await this.#softly("tell of a reconcile", signal, async () => {
      const doneAt = clock.now();
      const present = [...round.runners, ...round.stopped, ...round.standby];
      const gone = (await shares.runners()).filter((name) => !present.includes(name));
      const ended = [...(await shares.ended(gone)).values()];
      const traces = await shares.collect(present, signal);
      for (const { name } of traces) this.#askedAt.delete(name);
      await this.#record(traces, signal);
      ends = earlyEnds(traces);
      const { events: told, more } = await this.#eventsOf(traces, signal);
      const reconciliation: MetricEvent = {
        ...this.#common(doneAt),
        event: "reconciliation",
        crashed_runners: crashedRunners(told),
        idle_runners: round.idle,
        active_runners: round.busy,
        expected_runners: round.wanted,
        duration: inMilliseconds(round.tookMs / 1000),
      };
      const judged = await this.#judge({ round, ended, traces, told, more }, signal);
      await this.#tell([...told, reconciliation], [...more, ...judged]);
    });
    return ends;
  }

  /** Holds what has happened against the objective, and keeps the month's standing. */
  async #judge(
    { round, ended, traces, told, more }: Found,
    signal: AbortSignal,
  ): Promise<readonly UnitEvent[]> {
    const { clock, history, objective } = this.#dependencies;
    const started = this.#started.splice(0);
    const work = async (): Promise<readonly UnitEvent[]> => {
      const hasCrashed = traces.some(({ preJob, postJob }) => preJob && !postJob);
      const killed = hasCrashed ? killedJobs(traces, await history.read()) : [];
      const happened = {
        ended,
        started,
        missing: round.wanted - round.runners.length,
        jobs: told.filter(({ event }) => event === "runner_start").length,
        killed: killed.length,
        firstSteps: more.flatMap((each) => (each.event === "first_step" ? [each.duration] : [])),
      };
      const { record, events } = judge(await objective.read(), happened, clock.now());
      if (record) await objective.write(record);
      return events;
    };
    return (await this.#softly("keep the standing of the objective", signal, work)) ?? [];
  }

  recorded(): Promise<readonly string[]> {
    return this.#dependencies.shares.runners();
  }

  async report(name: string): Promise<GuestReport | undefined> {
    const found = await this.#dependencies.shares.peek(name);
    if (!found) return undefined;
    const { trace, isLost } = found;
    const { installedAt, preJob, postJob, output } = trace;
    return {
      readyAt: installedAt * 1000,
      job: preJob && { ...jobOf(preJob), at: preJob.timestamp * 1000 },
      end: postJob && { status: postJob.status, code: postJob.code, at: postJob.timestamp * 1000 },
      output: output?.text ?? "",
      isEarly: earlyEnds([trace]).length > 0,
      isLost,
    };
  }

  async remove(signal: AbortSignal): Promise<void> {
    const { shares, events, spool } = this.#dependencies;
    await this.#softly("tell of the last runners", signal, async () => {
      await events.append((await this.#eventsOf(await shares.collect([], signal), signal)).events);
    });
    await spool.remove();
    await shares.remove(signal);
  }

  /** @param more for the metrics endpoint alone. */
  async #tell(told: readonly MetricEvent[], more: readonly UnitEvent[]): Promise<void> {
    const { clock, events, spool } = this.#dependencies;
    // One of them must not keep the other one from its events.
    const [logged, spooled] = await Promise.allSettled([
      events.append(told),
      spool.put([...told, ...more], clock.now()),
    ]);
    if (logged.status === "rejected") throw logged.reason;
    if (spooled.status === "rejected") throw spooled.reason;
  }

  /** What guests have said of themselves, for the history of their runners. */
  async #record(traces: readonly RunnerTrace[], signal: AbortSignal): Promise<void> {
    const moments = traces.flatMap(({ name: runner, preJob, postJob }): LifeMoment[] => [
      ...(preJob ? [{ event: "job" as const, runner, at: preJob.timestamp * 1000, ...jobOf(preJob) }] : []),
      ...(postJob
        ? [
            {
              event: "ended" as const,
              runner,
              at: postJob.timestamp * 1000,
              status: postJob.status,
              code: postJob.code,
            },
          ]
        : []),
    ]);
    await this.#softly("record what runners did", signal, () => this.#dependencies.history.add(moments));
  }

  async #eventsOf(
    traces: readonly RunnerTrace[],
    signal: AbortSignal,
  ): Promise<{ readonly events: ReturnType<typeof jobEvents>; readonly more: readonly UnitEvent[] }> {
    const jobs = await this.#jobsOf(
      traces.filter(({ preJob }) => preJob),
      signal,
    );
    return {
      events: traces.flatMap((trace) => jobEvents(trace, jobs.get(trace.name), this.#options.flavor)),
      more: traces.flatMap((trace) => firstStepOf(trace, jobs.get(trace.name))),
    };
  }

  /** Looks up jobs one by one and stops at the first failure. */
  async #jobsOf(traces: readonly RunnerTrace[], signal: AbortSignal): Promise<Map<string, JobFacts>> {
    const found = new Map<string, JobFacts>();
    if (traces.length === 0) return found;
    await this.#softly("ask GitHub about jobs", signal, () =>
      withDeadline("ask GitHub about jobs", LOOK_UP_MS, signal, async (limited) => {
        for (const { name, preJob } of traces.slice(0, MOST_LOOK_UPS)) {
          if (!preJob) continue;
          const query = { repository: preJob.repository, runId: preJob.runId, runner: name };
          const job = await this.#dependencies.jobs.job(query, limited);
          if (job) found.set(name, job);
        }
      }),
    );
    return found;
  }

  #common(now: number): { readonly timestamp: number; readonly flavor: string } {
    return { timestamp: inMilliseconds(now / 1000), flavor: this.#options.flavor };
  }

  async #softly<T>(
    action: string,
    signal: AbortSignal | undefined,
    work: () => Promise<T>,
  ): Promise<T | undefined> {
    try {
      return await work();
    } catch (thrown) {
      signal?.throwIfAborted();
      this.#dependencies.log.warning("Metrics are incomplete", { action, reason: messageOf(thrown) });
      return undefined;
    }
  }
}

function jobOf({ repository, workflow, runId }: PreJob) {
  return { repository, workflow, runId };
}
