import { joinRunners, type ObservedRunner } from "./observed-runner.ts";
import type { Machine, Registration, StandbyMachine } from "./ports.ts";

/** A unit's instances and registrations at one moment. */
export interface World {
  /** Instances of runners. */
  readonly machines: readonly Machine[];
  /** Instances without a runner. @default none */
  readonly standby?: readonly StandbyMachine[];
  readonly registrations: readonly Registration[];
  /** Registrations of other units' runners whose machines are off. @default none */
  readonly lost?: readonly Registration[];
  /**
   * Runners that GitHub does not list and whose guests say that their applications have ended, and since when, in
   * milliseconds since the Unix epoch. @default none
   */
  readonly ended?: ReadonlyMap<string, number>;
  /** Keys of scopes that refuse the unit's credentials, so that registrations there are not listed. @default none */
  readonly lostScopes?: ReadonlySet<string>;
}

/** Runners whose instance is alive, including frozen ones. */
export function liveRunners({ machines, registrations }: World): ObservedRunner[] {
  return joinRunners(machines, registrations).runners.filter(({ machine }) => isAlive(machine));
}

/** Standby instances that are alive, including frozen ones. */
export function liveStandby({ standby = [] }: World): readonly StandbyMachine[] {
  return standby.filter(isAlive);
}

/** Whether an instance runs, or would if it were not frozen. */
export function isAlive({ state }: Machine | StandbyMachine): boolean {
  return state === "running" || state === "frozen";
}
