import type { Standing } from "../metrics/standing.ts";
import type { RunnerCounts, RunnerState } from "../runners/observed-runner.ts";
import type { HeardDemand } from "./demand.ts";
import type { ToldError } from "./told-error.ts";

/** Jobs that want a runner of the unit. */
export type JobDemand = Pick<HeardDemand, "assigned" | "running" | "waitingSince">;

/** What the service is doing. */
export type Activity =
  /** No usable settings yet. */
  | { readonly state: "without settings"; readonly reason: string }
  /** A hook found the configuration unusable: nothing new is created, busy runners end their jobs, and ended ones go. */
  | {
      readonly state: "paused";
      readonly reason: string;
      /** When the present round began; undefined between two rounds. */
      readonly since?: number;
    }
  | {
      readonly state: "working";
      readonly since: number;
      readonly why: readonly string[];
      /** What is being made, such as `Starting runners 1/3`; undefined between two steps. */
      readonly step?: string;
    }
  | { readonly state: "waiting"; readonly until: number };

/**
 * The runner image. `due`: the next reconcile of a hook builds another one. `refused`: that too, since GitHub refuses the
 * runner application of this one. `missing`: no runner can be created before a hook has built one.
 */
export type ImageState = "current" | "due" | "refused" | "missing";

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
  /** What each of them does. */
  readonly runners: readonly RunnerActivity[];
  readonly wanted: number | undefined;
  /** The option `reconcile-interval`; undefined without settings. */
  readonly intervalMs: number | undefined;
  /** Number of wanted runners that the machine can hold; undefined before the first round. */
  readonly capacity: number | undefined;
  /**
   * Number of runners that the machine can hold, at most the configured one and those in place of lost ones; undefined before
   * the first round.
   */
  readonly room?: number | undefined;
  /** Number of wanted runners beyond `wanted`, in place of those of other units that were lost. @default none */
  readonly replacing?: number | undefined;
  /** Name of the machine's member of an LXD cluster while it is evacuated. @default it is not */
  readonly evacuated?: string | undefined;
  readonly image: ImageState | undefined;
  /** The jobs that GitHub counts for the unit; undefined with a fixed number of runners. */
  readonly demand: JobDemand | undefined;
  readonly notices: readonly string[];
  /** Why the last round did nothing, such as an LXD that does not answer; undefined after one that ended well. */
  readonly fault: ToldError | undefined;
  /** Causes that failed since their last success; what is tried next comes first. */
  readonly failures: readonly FailureStatus[];
  /** When the service tries again what has failed; undefined when nothing waits. */
  readonly nextAttemptAt: number | undefined;
  /** How the unit stands against its objective in this month; undefined before the first round. */
  readonly standing?: Standing | undefined;
  /** Why a changed settings file is not applied; undefined otherwise. */
  readonly settingsFault: string | undefined;
}

/** What a runner does, and since when as far as the service knows. */
export interface RunnerActivity extends Pick<RunnerState, "name" | "state"> {
  readonly since: number;
}

/** One cause of failures. */
export interface FailureStatus {
  /** An error's code. */
  readonly cause: string;
  /** What it keeps from being done. */
  readonly concern: "round" | "creation" | "lifetime" | "removal";
  /** Number of rounds in which it failed and nothing succeeded. */
  readonly count: number;
  /** The last reason, as text. */
  readonly reason: string;
  readonly error: ToldError;
  readonly nextAt: number;
}

/** How long each of a unit's locks is waited for: longer than a reconcile of a large fleet on a slow machine. */
export const LONGEST_LOCK_WAIT_MS = 15 * 60_000;

/** Longest time of one round of the service: clones on a slow machine, after a wait for each of the two locks. */
export const LONGEST_ROUND_MS = 2 * LONGEST_LOCK_WAIT_MS + 30 * 60_000;
