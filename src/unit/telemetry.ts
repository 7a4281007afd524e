import type { GithubAnswered } from "../github/observed-transport.ts";
import type { LxdAnswered } from "../lxd/lxd-unit.ts";

/** What a process that stays is told of a unit's work, for its metrics. None of it may throw. */
export interface Telemetry {
  onGithubAnswer(answered: GithubAnswered): void;
  onLxdAnswer(answered: LxdAnswered): void;
  /** @param builtAt of the image for new runners, in milliseconds since the Unix epoch. */
  onImage(builtAt: number): void;
}
