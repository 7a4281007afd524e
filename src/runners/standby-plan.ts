import type { Registration, StandbyMachine } from "./ports.ts";
import { isAlive } from "./world.ts";

/** Why a standby instance is removed. */
export type StandbyReason =
  | "left over from a killed creation"
  | "instance stopped"
  | "made with another configuration"
  | "past its deadline"
  | "renewal requested"
  | "more standby instances than wanted";

/** A standby instance to remove. One that has a registration was being taken by a process that was killed. */
export interface Discarded {
  readonly machine: StandbyMachine;
  readonly registration: Registration | undefined;
  readonly reason: StandbyReason;
}

/** What becomes of the standby instances. */
export interface StandbyPlan {
  readonly discarded: readonly Discarded[];
  /** Those that new runners may take, the one to take first at the beginning. */
  readonly usable: readonly StandbyMachine[];
  /** Number of standby instances to make once all new runners are online. */
  readonly missing: number;
  /** Number of runners to create, those included that take the places of ending ones. */
  readonly creations: number;
}

/** What standby instances are judged by. */
export interface StandbyDemand {
  /** Number of standby instances beside the runners; 0 or more. */
  readonly wanted: number;
  /** Number of new runners, which take standby instances as far as these suffice. */
  readonly creations: number;
  /** Of these, those that do not depend on a runner which may turn out to have a job, and stay; at most `creations`. */
  readonly certain: number;
  /**
   * Number of runners whose instances only power off, beside the new ones. A successor may take a standby instance before
   * they are gone: it exists already, and so there are no more instances.
   */
  readonly ending: number;
  /** Most instances that may exist beside the runners when these have been created: busy runners may be too many. */
  readonly room: number;
  readonly configHash: string;
  /** Standby instances that were created before this time are replaced, in milliseconds since the Unix epoch. */
  readonly renewBefore: number;
  readonly now: number;
}

/**
 * Decides about standby instances. Pure.
 *
 * They have no job, so that one of an earlier configuration goes at once. On a full machine they go first: `room` counts
 * all runners before them.
 */
export function planStandby(
  standby: readonly StandbyMachine[],
  registrations: readonly Registration[],
  demand: StandbyDemand,
): StandbyPlan {
  const byName = new Map(registrations.map((registration) => [registration.name, registration]));
  const judged = standby.map((machine) => {
    const registration = byName.get(machine.name);
    return { machine, registration, reason: faultOf(machine, registration, demand) };
  });
  const faulty = judged.flatMap(({ reason, ...rest }) => (reason === undefined ? [] : [{ ...rest, reason }]));
  const usable = judged
    .filter(({ reason }) => reason === undefined)
    .map(({ machine }) => machine)
    .sort(firstToTake);
  const early = Math.max(0, Math.min(demand.ending, usable.length - demand.creations));
  const creations = demand.creations + early;
  const kept = Math.max(0, Math.min(demand.wanted, demand.room) - early);
  // One more than wanted is not kept for a runner that may never be created: that runner would be cloned.
  const most = kept + Math.min(demand.certain + early, usable.length);
  const surplus = usable.slice(most).map((machine) => ({
    machine,
    registration: undefined,
    reason: "more standby instances than wanted" as const,
  }));
  const left = Math.max(0, Math.min(usable.length, most) - creations);
  return {
    discarded: [...faulty, ...surplus],
    usable: usable.slice(0, most),
    missing: kept - left,
    creations,
  };
}

function faultOf(
  machine: StandbyMachine,
  registration: Registration | undefined,
  { configHash, renewBefore, now }: StandbyDemand,
): StandbyReason | undefined {
  if (registration) return "left over from a killed creation";
  if (!isAlive(machine)) return "instance stopped";
  if (machine.deadline <= now) return "past its deadline";
  if (machine.configHash !== configHash) return "made with another configuration";
  return machine.createdAt < renewBefore ? "renewal requested" : undefined;
}

/** One that rests has booted; among equals the oldest, whose end is the nearest. */
function firstToTake(left: StandbyMachine, right: StandbyMachine): number {
  return (
    Number(right.state === "frozen") - Number(left.state === "frozen") ||
    left.createdAt - right.createdAt ||
    (left.name < right.name ? -1 : 1)
  );
}
