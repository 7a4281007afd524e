/*
 * The events of the metrics log. Names and fields are a published format that dashboards read: timestamps are in seconds
 * since the Unix epoch, durations in seconds, `flavor` is the application's name.
 */

interface Common {
  readonly timestamp: number;
  readonly flavor: string;
}

/** A runner was created and listens for jobs. */
export interface RunnerInstalled extends Common {
  readonly event: "runner_installed";
  /** From the decision to create the runner until it listened. */
  readonly duration: number;
}

/** A job's own description. */
interface JobFields {
  readonly workflow: string;
  /** `owner/repository` */
  readonly repo: string;
  /** Name of the GitHub event that started the workflow, such as `push`. */
  readonly github_event: string;
}

/** A runner started a job; reported after the runner is gone. */
export interface RunnerStart extends Common, JobFields {
  readonly event: "runner_start";
  /** How long the runner was idle before the job. */
  readonly idle: number;
  /** How long the job was queued; absent when GitHub does not report it. */
  readonly queue_duration?: number;
}

/** How a runner ended: normally, by its own failure, or because the repository violates the policy. */
export type RunnerEnd = "normal" | "abnormal" | "repo-policy-check-failure";

/** A runner ended after a job. */
export interface RunnerStop extends Common, JobFields {
  readonly event: "runner_stop";
  readonly status: RunnerEnd;
  /** The exit code of the runner application, or the HTTP status of the policy service. */
  readonly status_info?: { readonly code: number };
  readonly job_duration: number;
  /** GitHub's conclusion, such as `success`; absent when GitHub does not report it. */
  readonly job_conclusion?: string;
}

/** A reconcile ended. */
export interface Reconciliation extends Common {
  readonly event: "reconciliation";
  /** Runners found gone in this round that started a job and did not report its end. */
  readonly crashed_runners: number;
  readonly idle_runners: number;
  readonly active_runners: number;
  /** The configured number, and that of runners in place of lost ones. */
  readonly expected_runners: number;
  readonly duration: number;
}

export type MetricEvent = RunnerInstalled | RunnerStart | RunnerStop | Reconciliation;
