import { isRecent } from "charm-kit";
import type { Machine, MachineNote, Registration, StandbyMachine } from "./ports.ts";
import { busyEndsAt, isLongOverdue } from "./job-claims.ts";
import { replacedBy } from "./lost-runners.ts";
import { joinRunners, type ObservedRunner } from "./observed-runner.ts";
import {
  hasSuccessor,
  leastUseful,
  outdatedIn,
  pickFirstReplaced,
  type Kept,
  type Outdated,
  type Wanted,
} from "./succession.ts";
import { isIrreplaceable, runnersFor, servesNobody } from "./served-demand.ts";
import { planStandby, type Discarded, type StandbyReason } from "./standby-plan.ts";
import { isAlive, type World } from "./world.ts";

export {
  wantedCount,
  type Demand,
  type FormerScopeDemand,
  type Replacement,
  type Wanted,
} from "./succession.ts";

/** Time limits, in milliseconds. */
export interface Patience {
  /** Longest time from the creation of a runner until GitHub lists it as online. */
  readonly startUpMs: number;
  /** How long a runner may be suspect (offline, or missing in GitHub's list) before its removal. */
  readonly graceMs: number;
}

/** Why an instance, a registration or both are removed. */
export type Reason =
  | "left over from a killed creation"
  | "instance stopped"
  | "registration without an instance"
  | "its member of the LXD cluster is off"
  | "made with another configuration"
  | "more runners than wanted"
  | "past its deadline"
  | "renewal requested"
  | "offline for too long"
  | "registration gone"
  | "busy for longer than any job"
  | "busy without a job"
  | "registered in a scope that refuses the credentials"
  | StandbyReason;

export type Step =
  /** Remove an idle runner without any chance of killing a job: freeze, deregister, destroy. */
  | {
      readonly action: "retire";
      readonly machine: Machine;
      readonly registration: Registration;
      readonly reason: Reason;
    }
  /** Remove an instance that should have no job, and its registration. A live one is inspected first. */
  | {
      readonly action: "destroy";
      readonly machine: Machine;
      readonly registration: Registration | undefined;
      readonly reason: Reason;
    }
  /** Remove a runner that GitHub lists as busy. */
  | {
      readonly action: "end";
      readonly machine: Machine;
      readonly registration: Registration;
      readonly reason: Reason;
    }
  /** Ask whether a runner that GitHub lists as busy has its job, and remove it if not. */
  | {
      readonly action: "doubt";
      readonly machine: Machine;
      readonly registration: Registration;
      readonly reason: Reason;
    }
  /** Remove a standby instance, and the registration that a killed process made for it. */
  | ({ readonly action: "discard" } & Discarded)
  | { readonly action: "deregister"; readonly registration: Registration; readonly reason: Reason }
  /** An interrupted retirement left a frozen runner that has a job now. */
  | { readonly action: "unfreeze"; readonly machine: Machine }
  /** Store facts for the next reconcile on the instance. */
  | { readonly action: "note"; readonly machine: Machine; readonly note: MachineNote };

/** A step that removes a runner's instance. */
export type Removal = Step & { readonly action: "retire" | "destroy" | "end" };

export interface Plan {
  readonly steps: readonly Step[];
  /** Number of runners to create after the steps, if every retirement succeeds. */
  readonly creations: number;
  /**
   * Most runners to create, less one for each runner that is removed and stays after all. With a demand, it may be more than
   * `creations`: there is room for a runner that stays and serves no job of it.
   */
  readonly slots: number;
  /** Standby instances that these may take, in the order of taking. */
  readonly standby: readonly StandbyMachine[];
  /** Number of standby instances to make once the new runners are online. */
  readonly missingStandby: number;
  /** Number of outdated runners that stay until one of their successors is online. */
  readonly waiting: number;
  /** Whether a working runner is removed although no successor is online yet. */
  readonly isTrial: boolean;
}

/** A runner that is being created. */
const COMING: Kept = { isSuspect: false, outdated: undefined };

/** Whether one runner may stay. */
type Verdict = ({ readonly keep: true } & Kept) | { readonly keep: false; readonly reason: Reason };

/**
 * Decides which steps to take. Pure: the same input always gives the same plan.
 *
 * Busy runners are not removed, unless for longer than GitHub allows a job to run. No plan makes the number of live runners exceed {@link runnersFor}, and so the wanted
 * number with the {@link replacedBy | replacements}: busy and suspect runners count until they are gone. Of several working runners that need a successor only one is removed before a
 * successor is online, so that a configuration that makes no runner leaves the others in service.
 */
export function plan(observed: World, usual: Wanted, patience: Patience, now: number): Plan {
  const replaced = replacedBy(observed.lostRunners, usual);
  const wanted = { ...usual, count: usual.count + replaced };
  const { runners, orphans } = joinRunners(observed.machines, observed.registrations);
  const onStandby = new Set((observed.standby ?? []).map(({ name }) => name));
  const steps: Step[] = orphans
    .filter(({ name, busy, isUnreadable }) => !busy && !isUnreadable && !onStandby.has(name))
    .map((registration) => ({
      action: "deregister",
      registration,
      reason: "registration without an instance",
    }));
  for (const registration of observed.lost ?? []) {
    steps.push({ action: "deregister", registration, reason: "its member of the LXD cluster is off" });
  }
  const { lostScopes: lost = new Set(), ended = new Map(), inCreation = [] } = observed;
  const kept = new Map<ObservedRunner, Kept>();
  let mayStay = 0;
  for (const runner of runners) {
    const verdict = judge(runner, wanted, { patience, now, lost, ended });
    if (verdict.keep) kept.set(runner, verdict);
    else {
      const step = removal(runner, verdict.reason);
      steps.push(step);
      if (isInspected(step)) mayStay += 1;
    }
  }
  for (const machine of inCreation) kept.set({ machine, registration: undefined }, COMING);
  for (const runner of servesNobody(wanted, kept)) {
    steps.push(removal(runner, "more runners than wanted"));
    kept.delete(runner);
  }
  // An inspected runner that has a job stays, and must not exceed the wanted number together with idle ones.
  const count = runnersFor(wanted, kept);
  const room = Math.max(0, Math.min(count, wanted.count - mayStay));
  // Steps run in parallel: a note on an instance that is being destroyed would fail.
  const ending = [...kept.values()].filter(({ isEnding }) => isEnding === true).length;
  // Nor is an idle runner removed for one that may never come.
  for (const runner of pickSurplus(kept, room + ending + inCreation.length)) {
    steps.push(removal(runner, kept.get(runner)?.outdated ?? "more runners than wanted"));
    kept.delete(runner);
  }
  const proven = outdatedIn(kept).filter((each) => hasSuccessor(each, kept, wanted));
  const isProven = proven.length > 0;
  const succeeded = isProven ? proven : pickFirstReplaced(kept, room - kept.size, wanted);
  for (const [runner, reason] of succeeded) {
    steps.push(removal(runner, reason));
    kept.delete(runner);
  }
  for (const [runner, { isSuspect }] of kept) steps.push(...upkeep(runner, isSuspect, now));
  const { standby: wantedStandby = 0, configHash, renewBefore = -Infinity } = wanted;
  const { most = 0 } = wanted.replacement ?? {};
  // Runners that power off take room until they are gone, and serve nobody.
  const missing = Math.max(0, count - (kept.size - ending));
  const free = Math.max(0, wanted.count - kept.size);
  const creations = Math.min(missing, free);
  const standby = planStandby(observed.standby ?? [], observed.registrations, {
    wanted: wantedStandby,
    creations,
    certain: Math.min(creations, Math.max(0, free - mayStay)),
    ending: Math.min(ending, missing - creations),
    // The machine has room for all replacements.
    room: wantedStandby + usual.count + most - Math.max(wanted.count, kept.size + mayStay),
    ...{ configHash, renewBefore, now },
  });
  return {
    steps: [...steps, ...standby.discarded.map((each) => ({ action: "discard" as const, ...each }))],
    creations: standby.creations,
    slots: free + standby.creations - creations,
    standby: standby.usable,
    missingStandby: standby.missing,
    waiting: outdatedIn(kept).length,
    isTrial: !isProven && succeeded.length > 0,
  };
}

/** Input of a verdict, besides the runner. */
interface Standards {
  readonly patience: Patience;
  readonly now: number;
  readonly lost: ReadonlySet<string>;
  readonly ended: ReadonlyMap<string, number>;
}

function judge(runner: ObservedRunner, wanted: Wanted, standards: Standards): Verdict {
  const { machine, registration } = runner;
  if (machine.state === "stopped" || machine.state === "error") {
    return {
      keep: false,
      reason: machine.phase === "creating" ? "left over from a killed creation" : "instance stopped",
    };
  }
  if (registration?.isUnreadable) return judgeUnreadable(machine, standards);
  if (registration?.busy) return judgeBusy(machine, standards.now);
  if (registration?.online !== true && machine.phase === "creating") {
    return { keep: false, reason: "left over from a killed creation" };
  }
  if (!registration) return judgeUnregistered(machine, standards);
  const outdated = outdatedReason(machine, wanted, standards.now);
  // Frozen and not busy: a retirement was interrupted, and its decision stands.
  if (machine.state === "frozen") return { keep: false, reason: outdated ?? "more runners than wanted" };
  if (registration.online) return { keep: true, isSuspect: false, outdated };
  const { now, patience } = standards;
  const startsUp = isRecent(machine.createdAt, { now, withinMs: patience.startUpMs });
  const verdict: Verdict = startsUp
    ? { keep: true, isSuspect: true, outdated }
    : judgeSuspect(machine, standards, "offline for too long");
  return verdict.keep ? { ...verdict, outdated } : verdict;
}

function outdatedReason(machine: Machine, wanted: Wanted, now: number): Outdated | undefined {
  if (machine.deadline <= now) return "past its deadline";
  if (isIrreplaceable(machine, wanted)) return undefined;
  if (machine.configHash !== wanted.configHash) return "made with another configuration";
  return machine.createdAt < (wanted.renewBefore ?? -Infinity) ? "renewal requested" : undefined;
}

/** GitHub ends its jobs itself: one that it lists for longer is none. */
function judgeBusy(machine: Machine, now: number): Verdict {
  return busyEndsAt(machine, now) <= now
    ? { keep: false, reason: "busy for longer than any job" }
    : { keep: true, isSuspect: false, outdated: undefined };
}

/** Nothing follows from such an entry: the runner stays until its deadline, and is then asked for a job. */
function judgeUnreadable(machine: Machine, { now }: Standards): Verdict {
  return machine.deadline <= now
    ? { keep: false, reason: "past its deadline" }
    : { keep: true, isSuspect: true, outdated: undefined };
}

function judgeUnregistered(machine: Machine, standards: Standards): Verdict {
  if (machine.deadline <= standards.now) return { keep: false, reason: "past its deadline" };
  // GitHub deletes registrations of idle runners only: a retirement was interrupted after that.
  if (machine.state === "frozen") return { keep: false, reason: "registration gone" };
  if (standards.lost.has(machine.scopeKey)) {
    return { keep: false, reason: "registered in a scope that refuses the credentials" };
  }
  const endedAt = standards.ended.get(machine.name);
  if (endedAt !== undefined && standards.now - endedAt < standards.patience.graceMs) {
    // Nothing is noted on an instance that powers off.
    return { keep: true, isSuspect: machine.suspectSince !== undefined, isEnding: true, outdated: undefined };
  }
  return judgeSuspect(machine, standards, "registration gone");
}

/** One reading is no proof: GitHub's list lags, and a runner powers off after its job. */
function judgeSuspect(machine: Machine, { patience, now }: Standards, reason: Reason): Verdict {
  const overdue = machine.suspectSince !== undefined && now - machine.suspectSince >= patience.graceMs;
  return overdue ? { keep: false, reason } : { keep: true, isSuspect: true, outdated: undefined };
}

function upkeep({ machine, registration }: ObservedRunner, isSuspect: boolean, now: number): Step[] {
  const isBusy = registration?.busy === true && !registration.isUnreadable;
  const isOverdue = isBusy && machine.deadline <= now;
  const isInDoubt = isOverdue && isLongOverdue(machine, now);
  const note: MachineNote = {
    ...(isSuspect && !isBefore(machine.suspectSince, now) && { suspectSince: now }),
    // The time of a doubt stays.
    ...(!isSuspect && !isInDoubt && machine.suspectSince !== undefined && { suspectSince: null }),
    ...(isOverdue && !isBefore(machine.busySince, now) && { busySince: now }),
    ...(!isOverdue && machine.busySince !== undefined && { busySince: null }),
    // The process that created it was killed before it could store this.
    ...(registration?.online && machine.phase === "creating" && { phase: "ready" as const }),
  };
  const isNoted = Object.keys(note).length > 0;
  const reason = "busy without a job";
  return [
    ...(machine.state === "frozen" ? [{ action: "unfreeze" as const, machine }] : []),
    ...(isNoted ? [{ action: "note" as const, machine, note }] : []),
    ...(isInDoubt && !isNoted && machine.state === "running"
      ? [{ action: "doubt" as const, machine, registration, reason } as const]
      : []),
  ];
}

/** A time in the future was stored before the clock was set back, and would never be reached. */
function isBefore(time: number | undefined, now: number): boolean {
  return time !== undefined && time <= now;
}

/** Whether the guest is asked for a job before the removal, since GitHub does not list the runner or lists it as offline. */
export function isInspected({ action, machine, reason }: Removal): boolean {
  return isAlive(machine) && (action === "destroy" || reason === "offline for too long");
}

function removal({ machine, registration }: ObservedRunner, reason: Reason): Removal {
  const canHaveJob = isAlive(machine);
  if (registration && reason === "busy for longer than any job") {
    return { action: "end", machine, registration, reason };
  }
  return registration && canHaveJob && !registration.isUnreadable
    ? { action: "retire", machine, registration, reason }
    : { action: "destroy", machine, registration, reason };
}

/** The runners to remove for a smaller number: outdated ones, then those not yet online, then the youngest idle ones. */
function pickSurplus(kept: ReadonlyMap<ObservedRunner, Kept>, count: number): ObservedRunner[] {
  const removable = [...kept]
    .filter(([{ registration }]) => registration !== undefined && !registration.busy)
    .sort(
      ([left, one], [right, other]) =>
        Number(other.outdated !== undefined) - Number(one.outdated !== undefined) || leastUseful(left, right),
    );
  return removable.slice(0, Math.max(0, kept.size - count)).map(([runner]) => runner);
}
