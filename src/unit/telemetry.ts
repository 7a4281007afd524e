import type { GithubAnswered } from "../github/observed-transport.ts";
import type { CheckVerdict } from "../compliance/repository-checks.ts";
import type { LxdAnswered } from "../lxd/lxd-unit.ts";

/** What is known of the jobs of the unit's scale set. Times are milliseconds since the Unix epoch. */
export interface DemandHeard {
  /** `failing`: nothing is heard, and the session is opened again and again. */
  readonly session: "opening" | "open" | "failing";
  /** Jobs that GitHub has assigned to the scale set, those that run included. */
  readonly assigned: number;
  readonly running: number;
  /** Since when assigned jobs wait; undefined while none does. */
  readonly waitingSince: number | undefined;
  readonly heardAt: number;
}

export interface DemandMessage {
  /** How long the jobs of it that a runner has taken had been assigned to the scale set, in milliseconds. */
  readonly waits: readonly number[];
}

/** What a process that stays is told of a unit's work, for its metrics. None of it may throw. */
export interface Telemetry {
  onGithubAnswer(answered: GithubAnswered): void;
  onLxdAnswer(answered: LxdAnswered): void;
  /** @param heard undefined while the number of runners does not follow demand. */
  onDemand(heard: DemandHeard | undefined): void;
  /** A message of the scale set's session was heard for the first time. */
  onDemandMessage(message: DemandMessage): void;
  /** The built-in policy has checked the repository of a job. */
  onPolicyCheck(verdict: CheckVerdict): void;
  /** @param builtAt of the image for new runners, in milliseconds since the Unix epoch. */
  onImage(builtAt: number): void;
}
