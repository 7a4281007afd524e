import type { ObservedRunner } from "./observed-runner.ts";
import type { Kept, Wanted } from "./succession.ts";

/**
 * Number of runners for a demand, the kept ones among them that serve none of its jobs included; `count` without a demand.
 * Never more than `count`. Powering-off runners are not among them: they are runners no more. Pure.
 *
 * Jobs of another scale set, and runners that GitHub no longer reaches, must not take the place of runners for jobs that
 * wait: a job whose runner is such a one would wait as long as that lives.
 */
export function runnersFor(
  { count, demand, configHash }: Wanted,
  kept: ReadonlyMap<ObservedRunner, Kept>,
): number {
  if (demand === undefined) return count;
  const busy = [...kept.keys()].filter(({ registration }) => registration?.busy === true);
  // Jobs of an earlier configuration may be jobs of the same scale set: GitHub counts these.
  const former = busy.filter(({ machine }) => machine.configHash !== configHash).length;
  const uncounted = Math.min(former, Math.max(0, busy.length - demand.running));
  // GitHub tells of a job's end a moment after its runner does. Where it assigns as many jobs as the unit may have, another
  // one follows.
  const ending = [...kept.values()].filter(({ isEnding }) => isEnding === true).length;
  const over = demand.assigned >= count ? 0 : Math.min(ending, Math.max(0, demand.running - busy.length));
  const jobs = Math.max(demand.assigned + uncounted - over, busy.length);
  return Math.min(count, jobs + demand.idle + [...kept].filter(isUnreached).length);
}

/** Whether GitHub has missed a runner at two looks: at the first, its list may lag. */
function isUnreached([{ machine }, { isEnding, isSuspect }]: readonly [ObservedRunner, Kept]): boolean {
  return isEnding !== true && isSuspect && machine.suspectSince !== undefined;
}
