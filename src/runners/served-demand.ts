import type { ObservedRunner } from "./observed-runner.ts";
import type { Machine } from "./ports.ts";
import { leastUseful, type Demand, type Kept, type Wanted } from "./succession.ts";

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
  const over =
    demand.assigned >= count ? 0 : Math.min(endingOf(kept), Math.max(0, demand.running - busy.length));
  const jobs = Math.max(demand.assigned + uncounted - over, busy.length);
  return Math.min(count, jobs + demand.idle + [...kept].filter(isUnreached).length);
}

/**
 * Idle runners that can have none of the jobs that wait, while other runners are wanted for jobs of former scale sets: those
 * registered in a former scope without such jobs, and those of the present scope beyond its jobs and idle runners, as long as no
 * other runner of the present scope would take their place. Where room lacks, idle runners without a job to come go too. Pure.
 */
export function servesNobody(
  wanted: Wanted,
  kept: ReadonlyMap<ObservedRunner, Kept>,
): readonly ObservedRunner[] {
  const { count, configHash, demand, successor } = wanted;
  if (demand?.former === undefined || successor === "refused") return [];
  const elsewhere = demand.former.filter(({ scopeKey }) => scopeKey !== undefined);
  const idle = [...kept.keys()].filter(isIdle).sort(leastUseful);
  const there = elsewhere.flatMap(({ scopeKey, waiting }) => {
    const own = idle.filter(({ machine }) => machine.scopeKey === scopeKey);
    const beyond = own.slice(0, Math.max(0, own.length - waiting));
    // Those of an earlier configuration stay until a successor is online.
    return beyond.filter(({ machine }) => machine.configHash === configHash);
  });
  const isWaitedFor = demand.former.some(({ waiting }) => waiting > 0);
  if (!isWaitedFor) return there;
  const here = idle.filter(({ machine }) => elsewhere.every(({ scopeKey }) => scopeKey !== machine.scopeKey));
  const waiting = demand.assigned - demand.running - elsewhere.reduce((sum, each) => sum + each.waiting, 0);
  const spare = here.length - Math.max(0, waiting);
  const staying = new Map([...kept].filter(([runner]) => !there.includes(runner)));
  const total = staying.size - endingOf(kept) + missingOf(demand);
  // GitHub may count runners there that the unit does not find, so that none is missing.
  const tooMany = total - runnersFor(wanted, staying);
  const most = Math.max(Math.min(spare - demand.idle, tooMany), Math.min(spare, total - count));
  return [...there, ...here.slice(0, Math.max(0, most))];
}

/** Whether a job may take this runner, and no other one can be made where the job waits. Pure. */
export function isIrreplaceable({ scopeKey }: Machine, { demand }: Pick<Wanted, "demand">): boolean {
  return (demand?.former ?? []).some(
    (each) => each.isFaulty === true && each.scopeKey === scopeKey && each.waiting > 0,
  );
}

function missingOf(demand: Demand | undefined): number {
  return (demand?.former ?? []).reduce((sum, { missing }) => sum + missing, 0);
}

function endingOf(kept: ReadonlyMap<ObservedRunner, Kept>): number {
  return [...kept.values()].filter(({ isEnding }) => isEnding === true).length;
}

/** Whether GitHub lists it without a job. */
function isIdle({ registration }: ObservedRunner): boolean {
  return registration !== undefined && !registration.busy && registration.isUnreadable !== true;
}

/** Whether GitHub has missed a runner at two looks: at the first, its list may lag. */
function isUnreached([{ machine }, { isEnding, isSuspect }]: readonly [ObservedRunner, Kept]): boolean {
  return isEnding !== true && isSuspect && machine.suspectSince !== undefined;
}
