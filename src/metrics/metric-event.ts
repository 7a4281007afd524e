/*
 * The events of the metrics log. Names and fields are a published format that dashboards read: timestamps are seconds
 * since the Unix epoch, durations are seconds, `flavor` is the name of the application.
 */

interface Common {
  readonly timestamp: number;
  readonly flavor: string;
}

/** A runner was made and listens for jobs. */
export interface RunnerInstalled extends Common {
  readonly event: "runner_installed";
  /** From the decision to make the runner until it listened. */
  readonly duration: number;
}

/** What a job says of itself. */
interface JobFields {
  readonly workflow: string;
  /** `owner/repository` */
  readonly repo: string;
  /** Name of the GitHub event that started the workflow, such as `push`. */
  readonly github_event: string;
}

/** A runner began a job; told when the runner is gone. */
export interface RunnerStart extends Common, JobFields {
  readonly event: "runner_start";
  /** How long the runner had waited for the job. */
  readonly idle: number;
  /** How long the job had waited for a runner; absent when GitHub does not tell. */
  readonly queue_duration?: number;
}

/** How a runner ended: by itself, by a failure of its own, or because its repository breaks the policy. */
export type RunnerEnd = "normal" | "abnormal" | "repo-policy-check-failure";

/** A runner ended after a job. */
export interface RunnerStop extends Common, JobFields {
  readonly event: "runner_stop";
  readonly status: RunnerEnd;
  /** The exit code of the runner application, or the HTTP status of the policy service. */
  readonly status_info?: { readonly code: number };
  readonly job_duration: number;
  /** As GitHub has it, such as `success`; absent when GitHub does not tell. */
  readonly job_conclusion?: string;
}

/** A reconcile came to its end. */
export interface Reconciliation extends Common {
  readonly event: "reconciliation";
  /** Runners that began a job and did not live to tell its end, among those found gone in this round. */
  readonly crashed_runners: number;
  readonly idle_runners: number;
  readonly active_runners: number;
  /** The wanted number. */
  readonly expected_runners: number;
  readonly duration: number;
}

export type MetricEvent = RunnerInstalled | RunnerStart | RunnerStop | Reconciliation;
