import type { RunnerEnd } from "./metric-event.ts";

/** The guest's record before its job, in `pre-job-metrics.json`. */
export interface PreJob {
  readonly workflow: string;
  /** `owner/repository` */
  readonly repository: string;
  readonly event: string;
  /** Seconds since the Unix epoch. */
  readonly timestamp: number;
  readonly runId: number;
}

/** The guest's record at its end, in `post-job-metrics.json`. */
export interface PostJob {
  /** Seconds since the Unix epoch. */
  readonly timestamp: number;
  readonly status: RunnerEnd;
  readonly code: number | undefined;
}

/** The end of the output of an application that ended without a job. Untrusted. */
export interface LastOutput {
  /** Its last lines, joined by ` | `, in printable ASCII. */
  readonly text: string;
  /** Whether it says that GitHub has dropped the runner. */
  readonly saysDropped: boolean;
}

/** The records of a runner that is gone. */
export interface RunnerTrace {
  readonly name: string;
  /** When the runner was ready, in seconds since the Unix epoch. */
  readonly installedAt: number;
  /** Undefined for a runner without a job. */
  readonly preJob: PreJob | undefined;
  /** Undefined for a runner that ended abruptly. */
  readonly postJob: PostJob | undefined;
  /** Undefined for a runner with a job, and for one that ended abruptly. */
  readonly output?: LastOutput | undefined;
}
