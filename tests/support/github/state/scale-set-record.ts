import type { Scope } from "./scope.ts";

/** What a scale set is made with. */
export interface ScaleSetRequest {
  readonly scope: Scope;
  readonly name: string;
  readonly groupId: number;
  readonly labels: readonly string[];
  readonly disableUpdate: boolean;
}

/** One message of a batch, in GitHub's words. */
export type JobItem = Readonly<Record<string, unknown>> & { readonly messageType: string };

/** A batch of messages, and how the scale set stood when it was put together. */
export interface BatchRecord {
  readonly id: number;
  readonly items: readonly JobItem[];
  readonly statistics: Statistics;
}

/** The one session of a scale set. */
export interface SessionRecord {
  readonly id: string;
  readonly ownerName: string;
  token: string;
  /** Milliseconds since the Unix epoch. */
  tokenExpiresAt: number;
  lastContact: number;
  openPolls: number;
  /** No job is assigned through this session, and no message comes, though its polls are answered. */
  isDeaf: boolean;
  /** No runner is given the jobs that are assigned, as long as this session lives. */
  isStuck: boolean;
}

/** A scale set. Only {@link ScaleSets} changes it. */
export interface ScaleSetRecord extends ScaleSetRequest {
  readonly id: number;
  readonly createdAt: number;
  name: string;
  groupId: number;
  session: SessionRecord | undefined;
  /** What the last poll announced. */
  capacity: number;
  /** What no batch holds yet. */
  pending: JobItem[];
  /** Batches that are not acknowledged. */
  batches: BatchRecord[];
  lastBatch: BatchRecord | undefined;
  lastBatchId: number;
  /** Jobs that are offered to be acquired, by number. */
  readonly offered: Set<number>;
}

/** GitHub's statistics of a scale set. */
export interface Statistics {
  readonly totalAvailableJobs: number;
  readonly totalAcquiredJobs: number;
  readonly totalAssignedJobs: number;
  readonly totalRunningJobs: number;
  readonly totalRegisteredRunners: number;
  readonly totalBusyRunners: number;
  readonly totalIdleRunners: number;
}

/** What tests see of a scale set. */
export interface ScaleSetView {
  readonly id: number;
  readonly scope: Scope;
  readonly name: string;
  readonly groupId: number;
  readonly labels: readonly string[];
  readonly capacity: number;
  readonly owner: string | undefined;
  /** Number of batches that wait for their acknowledgement. */
  readonly unacknowledged: number;
  readonly statistics: Statistics;
}

/** A way in which the messages of a scale set go wrong, once. */
export type MessageFault =
  /** The next batch is lost; what it told stays true. */
  | "lost"
  /** The last batch comes again, although it was acknowledged. */
  | "repeated"
  /** The next two batches come in the wrong order. */
  | "reordered"
  /** The token of the session ends in the middle of the next poll. */
  | "token-expires"
  /** The figures of the next batch do not count the jobs yet that its messages assign. */
  | "early-figures"
  /** The next poll is answered 200 without a body. */
  | "empty-body"
  /** The next session is opened without a queue. */
  | "no-queue"
  /** GitHub forgets the session. */
  | "session-lost"
  /** All sessions of now stay alive, and are told nothing: queued jobs are assigned to none of them. */
  | "session-deaf"
  /** Runners are given no assigned job until the sessions of now are opened again. */
  | "session-stuck";

/** Lasting conditions of all scale sets. */
export interface ScaleSetKnobs {
  /** Bodies begin with a byte order mark. @default false */
  byteOrderMark: boolean;
  /** Jobs are offered, and assigned once they are acquired. @default false: assigned at once */
  offersJobs: boolean;
  /** Statistics count so many assigned jobs that do not exist. @default 0 */
  phantomJobs: number;
  /** Queued jobs are not assigned to scale sets. @default false */
  withholdsJobs: boolean;
  /** What becomes of a scale set with several labels, as on an older GitHub Enterprise Server. @default "kept" */
  severalLabels: "kept" | "first" | "refused";
  /** Life of the token of a session, in milliseconds. @default 1 hour */
  sessionTokenMs: number;
  /** Silence after which GitHub ends a session, in milliseconds. @default 5 minutes */
  sessionMs: number;
  /** Life of an administrator's token, in milliseconds. @default 1 hour */
  adminTokenMs: number;
}

export const DEFAULT_KNOBS: ScaleSetKnobs = {
  byteOrderMark: false,
  offersJobs: false,
  phantomJobs: 0,
  withholdsJobs: false,
  severalLabels: "kept",
  sessionTokenMs: 3_600_000,
  sessionMs: 300_000,
  adminTokenMs: 3_600_000,
};
