/** When GitHub queued and assigned a job, in milliseconds since the Unix epoch, and how the job ended. */
export interface JobFacts {
  readonly createdAt: number | undefined;
  readonly startedAt: number | undefined;
  /** Such as `success`; undefined for an unfinished job. */
  readonly conclusion: string | undefined;
}

/** Identifies a job. Untrusted: these values come from the guest. */
export interface JobQuery {
  /** `owner/repository` */
  readonly repository: string;
  readonly runId: number;
  readonly runner: string;
}

/** GitHub's jobs. */
export interface Jobs {
  /** A runner's job in a workflow run; undefined when GitHub has none or it belongs to another unit. */
  job(query: JobQuery, signal: AbortSignal): Promise<JobFacts | undefined>;
}
