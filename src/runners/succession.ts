import type { ObservedRunner } from "./observed-runner.ts";

/** Jobs that want runners, as the forge counts them. */
export interface Demand {
  /** Jobs that want a runner of this unit, those that run included; 0 or more. */
  readonly assigned: number;
  /** Those of them that run. */
  readonly running: number;
  /** Number of idle runners to keep beside them. */
  readonly idle: number;
  /** The jobs among them that runners of the present scale set cannot have. @default none */
  readonly former?: readonly FormerScopeDemand[] | undefined;
}

/** Jobs of former scale sets in one scope. */
export interface FormerScopeDemand {
  /** Key of a former scope; undefined for the present one. */
  readonly scopeKey: string | undefined;
  /** Jobs without a runner that has taken them. */
  readonly waiting: number;
  /** Number of runners that have yet to be registered for them. */
  readonly missing: number;
  /** Whether no runner can be made there for now. @default false */
  readonly isFaulty?: boolean;
}

/** What a unit may have in place of lost runners. */
export interface Replacement {
  /** Number of runners that each unit keeps, or the most of them where there is a demand. */
  readonly ofUnit: number;
  /** Most runners that this unit keeps in place of lost ones. */
  readonly most: number;
}

/** The runners that the unit should have. */
export interface Wanted {
  /** Number of runners, or the most of them where there is a demand; 0 or more. */
  readonly count: number;
  /** @default none: as many runners as `count` at any time */
  readonly demand?: Demand | undefined;
  /** Runners beyond `count`, in place of those of other units that were lost. @default none */
  readonly replacement?: Replacement | undefined;
  /** Number of standby instances beside them. @default 0 */
  readonly standby?: number;
  /** Hash of the configuration for new runners. */
  readonly configHash: string;
  /**
   * `refused` after a failed check: no runner of this configuration can be made. @default the plan looks for a successor
   * that is online
   */
  readonly successor?: "refused";
  /** Runners that were created before this time are replaced, in milliseconds since the Unix epoch. @default none */
  readonly renewBefore?: number;
}

/** Number of runners that are wanted now: what the demand asks for, at most `count`. Pure. */
export function wantedCount({ count, demand }: Pick<Wanted, "count" | "demand">): number {
  return demand === undefined ? count : Math.min(count, demand.assigned + demand.idle);
}

/** Why a working runner needs a successor. */
export type Outdated = "made with another configuration" | "past its deadline" | "renewal requested";

/** A runner that needs a successor. */
export type OutdatedRunner = readonly [ObservedRunner, Outdated];

/** A runner that may stay. */
export interface Kept {
  readonly isSuspect: boolean;
  /** Whether it has neither a registration nor an application any more, and powers off. @default false */
  readonly isEnding?: boolean;
  readonly outdated: Outdated | undefined;
}

/** Whether a successor of an outdated runner is online, or has a job. */
export function hasSuccessor(
  outdated: OutdatedRunner,
  kept: ReadonlyMap<ObservedRunner, Kept>,
  wanted: Wanted,
): boolean {
  if (wanted.successor === "refused") return false;
  return successorsOf(outdated, kept, wanted).some(
    ({ registration }) =>
      registration?.isUnreadable !== true && (registration?.online === true || registration?.busy === true),
  );
}

/**
 * Runners that prove that a successor can be made: those with the wanted configuration. For a runner that has it too, only
 * younger ones than the need for a successor: older ones would prove that creations worked once.
 */
function successorsOf(
  [{ machine }, reason]: OutdatedRunner,
  kept: ReadonlyMap<ObservedRunner, Kept>,
  { configHash, renewBefore = -Infinity }: Wanted,
): ObservedRunner[] {
  const needed = reason === "past its deadline" ? machine.deadline : renewBefore;
  const since = machine.configHash === configHash ? needed : -Infinity;
  return [...kept].flatMap(([runner, { outdated }]) => {
    const { machine: other } = runner;
    const isYoungEnough = other.createdAt >= since;
    return outdated === undefined && other.configHash === configHash && isYoungEnough ? [runner] : [];
  });
}

/** The outdated runner to remove for the first successor. @param free number of slots for successors */
export function pickFirstReplaced(
  kept: ReadonlyMap<ObservedRunner, Kept>,
  free: number,
  wanted: Wanted,
): OutdatedRunner[] {
  if (wanted.successor === "refused" || free > 0) return [];
  const outdated = outdatedIn(kept);
  // A successor that is starting decides first.
  if (outdated.some((each) => successorsOf(each, kept, wanted).length > 0)) return [];
  return outdated.sort(([left], [right]) => leastUseful(left, right)).slice(0, 1);
}

/** Runners that need a successor and have no job. */
export function outdatedIn(kept: ReadonlyMap<ObservedRunner, Kept>): OutdatedRunner[] {
  return [...kept].flatMap(([runner, { outdated }]) => (outdated ? [[runner, outdated] as const] : []));
}

export function leastUseful(left: ObservedRunner, right: ObservedRunner): number {
  return (
    Number(left.registration?.online) - Number(right.registration?.online) ||
    right.machine.createdAt - left.machine.createdAt ||
    (left.machine.name < right.machine.name ? -1 : 1)
  );
}
