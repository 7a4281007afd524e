import type { RunnerEnd } from "./metric-event.ts";

/** What the guest wrote down before its job, in `pre-job-metrics.json`. */
export interface PreJob {
  readonly workflow: string;
  /** `owner/repository` */
  readonly repository: string;
  readonly event: string;
  /** Seconds since the Unix epoch. */
  readonly timestamp: number;
  readonly runId: number;
}

/** What the guest wrote down at its end, in `post-job-metrics.json`. */
export interface PostJob {
  /** Seconds since the Unix epoch. */
  readonly timestamp: number;
  readonly status: RunnerEnd;
  readonly code: number | undefined;
}

/** What a runner that is gone has left of itself. */
export interface RunnerTrace {
  readonly name: string;
  /** When the runner was ready, in seconds since the Unix epoch. */
  readonly installedAt: number;
  /** Undefined of a runner that had no job. */
  readonly preJob: PreJob | undefined;
  /** Undefined of a runner that was cut off. */
  readonly postJob: PostJob | undefined;
}
