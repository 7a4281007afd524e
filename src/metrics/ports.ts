import type { Standing } from "./standing.ts";

/** When GitHub queued and assigned a job, in milliseconds since the Unix epoch, and how the job ended. */
export interface JobFacts {
  readonly createdAt: number | undefined;
  readonly startedAt: number | undefined;
  /** Such as `success`; undefined for an unfinished job. */
  readonly conclusion: string | undefined;
}

/** What a unit keeps of its objective. */
export interface ObjectiveRecord {
  readonly standing: Standing;
  /** Since when places of used runners are vacant, in milliseconds since the Unix epoch. */
  readonly vacantSince: readonly number[];
}

/** Keeps a value over the ends of processes. */
export interface Kept<T> {
  /** @returns null where there is none. */
  read(): Promise<T | null>;
  write(value: T): Promise<void>;
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
