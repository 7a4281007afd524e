import { joinRunners, type ObservedRunner } from "./observed-runner.ts";
import type { LostRunners } from "./lost-runners.ts";
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
  /** Other units' runners on members of the LXD cluster that are off. @default none */
  readonly lostRunners?: LostRunners | undefined;
  /**
   * Runners that GitHub does not list and whose guests say that their applications have ended, and since when, in
   * milliseconds since the Unix epoch. @default none
   */
  readonly ended?: ReadonlyMap<string, number>;
  /** Keys of scopes that refuse the unit's credentials, so that registrations there are not listed. @default none */
  readonly lostScopes?: ReadonlySet<string>;
  /** Runners that this process is creating: they count, and nothing is done to them. @default none */
  readonly inCreation?: readonly Machine[];
}

/** A runner that this process is creating. */
export interface RunnerInCreation {
  /** Names of all instances that were tried for it. More may follow. */
  readonly names: readonly string[];
  /** As LXD will list it. */
  readonly machine: Machine;
}

/** The world with the runners in it that this process is creating, in the place of what the lists show of them. Pure. */
export function withCreations(world: World, creations: readonly RunnerInCreation[]): World {
  const names = new Set(creations.flatMap((each) => each.names));
  const isOther = ({ name }: { readonly name: string }) => !names.has(name);
  return {
    ...world,
    machines: world.machines.filter(isOther),
    standby: (world.standby ?? []).filter(isOther),
    registrations: world.registrations.filter(isOther),
    inCreation: creations.map(({ machine }) => machine),
  };
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
