export type Conclusion = "success" | "failure" | "cancelled" | "timed_out";
export type JobStatus = "queued" | "in_progress" | "completed";

/** What a test asks to be run. */
export interface JobRequest {
  /** `owner/repository` */
  readonly repository: string;
  /** The job's `runs-on`. */
  readonly labels: readonly string[];
  /** Each is the script of one step, run by `bash -e`. @default `["true"]` */
  readonly steps?: readonly string[];
  /** @default `build` */
  readonly name?: string;
  /** @default `CI` */
  readonly workflow?: string;
  /** @default `push` */
  readonly event?: string;
  /** The content of the file at `GITHUB_EVENT_PATH`. @default `{}` */
  readonly payload?: unknown;
  /** Further variables of the job's environment, such as `GITHUB_HEAD_REF`. @default none */
  readonly environment?: Readonly<Record<string, string>>;
}

/** A job of a workflow run. Only {@link ActionsService} changes it. */
export interface JobRecord extends Required<JobRequest> {
  readonly id: number;
  readonly runId: number;
  readonly createdAt: number;
  status: JobStatus;
  conclusion: Conclusion | null;
  startedAt: number | undefined;
  completedAt: number | undefined;
  /** The runner that has the job, or had it. */
  runner: { readonly id: number; readonly name: string; readonly groupId: number } | undefined;
  log: string;
  /** Why the job ended, where it was not the job's doing. */
  annotation: string | undefined;
  /** How often the job was given to a runner. */
  assignments: number;
  /** The scale set whose runners alone may take the job. */
  scaleSetId: number | undefined;
  scaleSetAssignedAt: number | undefined;
  /** How often a runner of its scale set was given the job and did not take it. */
  requeues: number;
}

/** What tests see of a job. */
export interface JobView {
  readonly id: number;
  readonly runId: number;
  readonly repository: string;
  readonly name: string;
  readonly status: JobStatus;
  readonly conclusion: Conclusion | null;
  readonly runnerName: string | undefined;
  readonly annotation: string | undefined;
  readonly assignments: number;
  /** Milliseconds since the Unix epoch. */
  readonly createdAt: number;
  readonly startedAt: number | undefined;
  readonly completedAt: number | undefined;
}

/** The part of a record that tests may know. */
export function viewJob(job: JobRecord): JobView {
  const { id, runId, repository, name, status, conclusion, annotation, assignments } = job;
  const { createdAt, startedAt, completedAt } = job;
  const base = { id, runId, repository, name, status, conclusion, annotation, assignments };
  return { ...base, runnerName: job.runner?.name, createdAt, startedAt, completedAt };
}
