import type { UnitEvent } from "./event-spool.ts";
import { inMilliseconds } from "./job-events.ts";
import type { ObjectiveRecord } from "./ports.ts";
import { matchRefills, type Turnover } from "./refills.ts";
import { standingAfter, tallyOf } from "./standing.ts";

/** What one reconcile has found. */
export interface Happened extends Turnover {
  /** Number of jobs that have begun. */
  readonly jobs: number;
  /** How many of them the unit has ended. */
  readonly killed: number;
  /** How long assigned jobs waited for their first step, in seconds. */
  readonly firstSteps: readonly number[];
}

export interface Judgement {
  /** undefined where nothing has changed. */
  readonly record: ObjectiveRecord | undefined;
  /** For the metrics endpoint. */
  readonly events: readonly UnitEvent[];
}

/** Holds what a reconcile has found against the objective. Pure. @param now milliseconds since the Unix epoch */
export function judge(before: ObjectiveRecord | null, happened: Happened, now: number): Judgement {
  const { jobs, killed, firstSteps } = happened;
  const vacantBefore = before?.vacantSince ?? [];
  const { refills, vacantSince } = matchRefills(vacantBefore, happened);
  const seconds = refills.map((refill) => inMilliseconds(refill / 1000));
  const isNews = refills.length + jobs + firstSteps.length > 0 || vacantSince.join() !== vacantBefore.join();
  const results = {
    refill: tallyOf("refill", seconds),
    wait: tallyOf("wait", firstSteps),
    job: { good: Math.max(0, jobs - killed), total: jobs },
  };
  return {
    record: isNews
      ? { standing: standingAfter(before?.standing ?? null, results, now), vacantSince }
      : undefined,
    events: [
      ...seconds.map((duration) => ({ event: "refill" as const, duration })),
      ...Array.from({ length: killed }, () => ({ event: "job_killed" as const })),
    ],
  };
}
