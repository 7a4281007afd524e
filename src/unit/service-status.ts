import type { RunnerCounts } from "../runners/observed-runner.ts";
import type { Remedy } from "charm-kit";

/** What the service is doing. */
export type Activity =
  /** No usable settings yet. */
  | { readonly state: "without settings"; readonly reason: string }
  /** A hook found the configuration unusable: nothing new is created, busy runners end their jobs. */
  | { readonly state: "paused"; readonly reason: string }
  | { readonly state: "working"; readonly since: number; readonly why: readonly string[] }
  | { readonly state: "waiting"; readonly until: number };

/** The answer of `GET /status`. Times are milliseconds since the Unix epoch. */
export interface ServiceStatus {
  readonly unit: string | undefined;
  readonly revision: number | undefined;
  /** Number of outdated runners that stay until one of their successors is online. */
  readonly waiting: number;
  /** Identifies the running program: another one has taken its place when it differs from the file's. */
  readonly program: string;
  readonly startedAt: number;
  readonly activity: Activity;
  /** The last round that ended well. */
  readonly checkedAt: number | undefined;
  readonly counts: RunnerCounts | undefined;
  readonly wanted: number | undefined;
  readonly notices: readonly string[];
  /** Causes that failed since their last success. */
  readonly failures: readonly FailureStatus[];
  /** Why a changed settings file is not applied; undefined otherwise. */
  readonly settingsFault: string | undefined;
}

/** One cause of failures. */
export interface FailureStatus {
  readonly cause: string;
  readonly count: number;
  readonly reason: string;
  /** What ends it. */
  readonly remedy: Remedy;
  readonly nextAt: number;
}
