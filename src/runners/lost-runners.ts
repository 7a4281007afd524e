import type { LostInstances, Registration } from "./ports.ts";
import { unitSlugOf } from "./runner-name.ts";
import type { Wanted } from "./succession.ts";

/** Runners of other units of the application that were lost with members of the machine's LXD cluster. */
export interface LostRunners extends Pick<LostInstances, "unit" | "units"> {
  /** Names of the other units' instances that were lost: runners and standby instances, which LXD does not tell apart. */
  readonly names: readonly string[];
  /** Those of them that are no loss, since GitHub lists them as online or with a job. */
  readonly alive: ReadonlySet<string>;
}

/**
 * Whether GitHub shows that a runner is gone, or will be once it has noticed. One that it lists as online is not: LXD alone
 * has lost it. Nor is one with a job, which GitHub ends when it has missed the runner for long.
 */
export function isGone({ online, busy, isUnreadable }: Registration): boolean {
  return !online && !busy && !isUnreadable;
}

/**
 * Number of runners that a unit keeps in place of lost ones. Pure.
 *
 * Units that answer read the same list of LXD, so that each finds its share without a word to the others. The shares
 * differ by one at most, and the first units have the larger ones. They last while the members are off, since LXD lists the
 * instances until then: it does not matter that the registrations are deleted meanwhile.
 */
export function replacedBy(
  lost: LostRunners | undefined,
  { demand, replacement }: Pick<Wanted, "demand" | "replacement">,
): number {
  if (lost === undefined || replacement === undefined || replacement.most === 0) return 0;
  const { unit, units } = lost;
  const { most, ofUnit } = replacement;
  // With a demand, a unit has few runners while few jobs come: it is the room for jobs that is lost with it.
  const counted = (instances: number) => (demand === undefined ? Math.min(instances, ofUnit) : ofUnit);
  const turn = Math.max(0, inOrder(units).indexOf(unit));
  const share = Math.floor((countLost(lost, counted) + units.length - 1 - turn) / units.length);
  return Math.min(share, most);
}

/** @param counted number of runners of a unit with so many instances: those beyond them were on standby. */
function countLost({ names, alive }: LostRunners, counted: (instances: number) => number): number {
  const byUnit = Map.groupBy(names, unitSlugOf);
  return [...byUnit.values()].reduce((sum, each) => {
    const present = each.filter((name) => alive.has(name)).length;
    return sum + Math.max(0, counted(each.length) - present);
  }, 0);
}

/** By their numbers: `runners/2` comes before `runners/10`. */
function inOrder(units: readonly string[]): readonly string[] {
  const numberOf = (unit: string) => Number(unit.slice(unit.lastIndexOf("/") + 1));
  return units.toSorted((left, right) => numberOf(left) - numberOf(right));
}
