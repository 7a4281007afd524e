/** When GitHub queued a job and gave it to a runner, and how it ended; milliseconds since the Unix epoch. */
export interface JobFacts {
  readonly createdAt: number;
  readonly startedAt: number;
  /** Such as `success`; undefined of a job that GitHub takes for unfinished. */
  readonly conclusion: string | undefined;
}

/** Which job is asked for. What a guest says of its job stands here: it need not be true. */
export interface JobQuery {
  /** `owner/repository` */
  readonly repository: string;
  readonly runId: number;
  readonly runner: string;
}

/** GitHub's record of jobs. */
export interface Jobs {
  /** The job that a runner had in a workflow run; undefined where GitHub shows none, or it is none of this unit's. */
  job(query: JobQuery, signal: AbortSignal): Promise<JobFacts | undefined>;
}
