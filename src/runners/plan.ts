import type { Machine, MachineNote, Registration } from "./ports.ts";
import { joinRunners, type ObservedRunner } from "./observed-runner.ts";
import type { World } from "./world.ts";

/** The runners that the unit should have. */
export interface Wanted {
  /** Number of runners; 0 or more. */
  readonly count: number;
  /** Hash of the configuration for new runners. */
  readonly configHash: string;
}

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
  | "made with another configuration"
  | "more runners than wanted"
  | "past its deadline"
  | "offline for too long"
  | "registration gone"
  | "registered in a scope that refuses the credentials";

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
  | { readonly action: "deregister"; readonly registration: Registration; readonly reason: Reason }
  /** An interrupted retirement left a frozen runner that has a job now. */
  | { readonly action: "unfreeze"; readonly machine: Machine }
  /** Store facts for the next reconcile on the instance. */
  | { readonly action: "note"; readonly machine: Machine; readonly note: MachineNote };

/** A step that removes an instance. */
export type Removal = Step & { readonly action: "retire" | "destroy" };

export interface Plan {
  readonly steps: readonly Step[];
  /** Number of runners to create after the steps, if every retirement succeeds. */
  readonly creations: number;
}

/** Whether one runner may stay. */
type Verdict =
  { readonly keep: true; readonly isSuspect: boolean } | { readonly keep: false; readonly reason: Reason };

/**
 * Decides which steps to take. Pure: the same input always gives the same plan.
 *
 * Busy runners are never removed, and no plan makes the number of live runners exceed `wanted.count`: busy and suspect
 * runners count until they are gone.
 */
export function plan(observed: World, wanted: Wanted, patience: Patience, now: number): Plan {
  const { runners, orphans } = joinRunners(observed.machines, observed.registrations);
  const steps: Step[] = orphans
    .filter((registration) => !registration.busy)
    .map((registration) => ({
      action: "deregister",
      registration,
      reason: "registration without an instance",
    }));
  const kept = new Map<ObservedRunner, { readonly isSuspect: boolean }>();
  let mayStay = 0;
  for (const runner of runners) {
    const verdict = judge(runner, wanted, { patience, now, lost: observed.lostScopes ?? new Set() });
    if (verdict.keep) kept.set(runner, verdict);
    else {
      const step = removal(runner, verdict.reason);
      steps.push(step);
      if (isInspected(step)) mayStay += 1;
    }
  }
  // An inspected runner that has a job stays, and must not exceed the wanted number together with idle ones.
  for (const runner of pickSurplus([...kept.keys()], Math.max(0, wanted.count - mayStay))) {
    // Steps run in parallel: a note on an instance that is being destroyed would fail.
    kept.delete(runner);
    steps.push(removal(runner, "more runners than wanted"));
  }
  for (const [runner, { isSuspect }] of kept) steps.push(...upkeep(runner, isSuspect, now));
  return { steps, creations: Math.max(0, wanted.count - kept.size) };
}

/** Input of a verdict, besides the runner. */
interface Standards {
  readonly patience: Patience;
  readonly now: number;
  readonly lost: ReadonlySet<string>;
}

function judge(runner: ObservedRunner, wanted: Wanted, standards: Standards): Verdict {
  const { machine, registration } = runner;
  if (machine.state === "stopped" || machine.state === "error") {
    return {
      keep: false,
      reason: machine.phase === "creating" ? "left over from a killed creation" : "instance stopped",
    };
  }
  if (registration?.busy) return { keep: true, isSuspect: false };
  if (registration?.online !== true && machine.phase === "creating") {
    return { keep: false, reason: "left over from a killed creation" };
  }
  if (machine.deadline <= standards.now) return { keep: false, reason: "past its deadline" };
  if (!registration) return judgeUnregistered(machine, standards);
  if (machine.configHash !== wanted.configHash)
    return { keep: false, reason: "made with another configuration" };
  // Frozen and not busy: a retirement was interrupted, and its decision stands.
  if (machine.state === "frozen") return { keep: false, reason: "more runners than wanted" };
  if (registration.online) return { keep: true, isSuspect: false };
  const startsUp = standards.now - machine.createdAt < standards.patience.startUpMs;
  return startsUp
    ? { keep: true, isSuspect: true }
    : judgeSuspect(machine, standards, "offline for too long");
}

function judgeUnregistered(machine: Machine, standards: Standards): Verdict {
  // GitHub deletes registrations of idle runners only: a retirement was interrupted after that.
  if (machine.state === "frozen") return { keep: false, reason: "registration gone" };
  if (standards.lost.has(machine.scopeKey)) {
    return { keep: false, reason: "registered in a scope that refuses the credentials" };
  }
  return judgeSuspect(machine, standards, "registration gone");
}

/** One reading is no proof: GitHub's list lags, and a runner powers off after its job. */
function judgeSuspect(machine: Machine, { patience, now }: Standards, reason: Reason): Verdict {
  const overdue = machine.suspectSince !== undefined && now - machine.suspectSince >= patience.graceMs;
  return overdue ? { keep: false, reason } : { keep: true, isSuspect: true };
}

function upkeep({ machine, registration }: ObservedRunner, isSuspect: boolean, now: number): Step[] {
  const note: MachineNote = {
    ...(isSuspect && machine.suspectSince === undefined && { suspectSince: now }),
    ...(!isSuspect && machine.suspectSince !== undefined && { suspectSince: null }),
    // The process that created it was killed before it could store this.
    ...(registration?.online && machine.phase === "creating" && { phase: "ready" as const }),
  };
  return [
    ...(machine.state === "frozen" ? [{ action: "unfreeze" as const, machine }] : []),
    ...(Object.keys(note).length > 0 ? [{ action: "note" as const, machine, note }] : []),
  ];
}

/** Whether the guest is asked for a job before the removal, since GitHub does not list the runner or lists it as offline. */
export function isInspected({ action, machine, reason }: Removal): boolean {
  const isAlive = machine.state === "running" || machine.state === "frozen";
  return isAlive && (action === "destroy" || reason === "offline for too long");
}

function removal({ machine, registration }: ObservedRunner, reason: Reason): Removal {
  const canHaveJob = machine.state === "running" || machine.state === "frozen";
  return registration && canHaveJob
    ? { action: "retire", machine, registration, reason }
    : { action: "destroy", machine, registration, reason };
}

/** The runners to remove for a smaller number: first those not yet online, then the youngest idle ones. */
function pickSurplus(kept: readonly ObservedRunner[], count: number): ObservedRunner[] {
  const removable = kept
    .filter(({ registration }) => registration !== undefined && !registration.busy)
    .sort(
      (left, right) =>
        Number(left.registration?.online) - Number(right.registration?.online) ||
        right.machine.createdAt - left.machine.createdAt ||
        (left.machine.name < right.machine.name ? -1 : 1),
    );
  return removable.slice(0, Math.max(0, kept.length - count));
}
