import type { Machine, MachineNote, Registration } from "./ports.ts";
import { joinRunners, type ObservedRunner } from "./observed-runner.ts";
import type { World } from "./world.ts";

/** What the unit should have. */
export interface Wanted {
  /** Number of runners; 0 or more. */
  readonly count: number;
  /** Fingerprint of the configuration that new runners are made with. */
  readonly configHash: string;
}

/** Limits of patience, in milliseconds. */
export interface Patience {
  /** How long a runner may be on its way from its creation to GitHub's "online". */
  readonly startUpMs: number;
  /** How long a runner may be suspect (offline, or missing in GitHub's list) before it is removed. */
  readonly graceMs: number;
}

/** Why a runner, or half of one, is taken away. */
export type Reason =
  | "left over from a killed creation"
  | "instance stopped"
  | "registration without an instance"
  | "made with another configuration"
  | "more runners than wanted"
  | "past its deadline"
  | "offline for too long"
  | "registration gone"
  | "registered where the unit is no longer let in";

export type Step =
  /** Take an idle runner away without a chance of killing a job: freeze, deregister, destroy. */
  | {
      readonly action: "retire";
      readonly machine: Machine;
      readonly registration: Registration;
      readonly reason: Reason;
    }
  /** Take an instance away that should have no job, and its registration. One that lives is inspected first. */
  | {
      readonly action: "destroy";
      readonly machine: Machine;
      readonly registration: Registration | undefined;
      readonly reason: Reason;
    }
  | { readonly action: "deregister"; readonly registration: Registration; readonly reason: Reason }
  /** A retirement that was cut short left a runner frozen that has a job now. */
  | { readonly action: "unfreeze"; readonly machine: Machine }
  /** Write down what the next reconcile needs to know. */
  | { readonly action: "note"; readonly machine: Machine; readonly note: MachineNote };

/** A step that takes an instance away. */
export type Removal = Step & { readonly action: "retire" | "destroy" };

export interface Plan {
  readonly steps: readonly Step[];
  /** How many runners to create once the steps are done, if every retirement succeeds. */
  readonly creations: number;
}

/** Whether one runner may stay. */
type Verdict =
  { readonly keep: true; readonly isSuspect: boolean } | { readonly keep: false; readonly reason: Reason };

/**
 * Decides what to do. Pure: the same world always gives the same plan.
 *
 * Busy runners are never taken away, and no plan makes the number of live runners exceed `wanted.count`: what is busy
 * or suspect counts until it is gone.
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
    // Steps run side by side: a note about an instance that is being destroyed would fail.
    kept.delete(runner);
    steps.push(removal(runner, "more runners than wanted"));
  }
  for (const [runner, { isSuspect }] of kept) steps.push(...upkeep(runner, isSuspect, now));
  return { steps, creations: Math.max(0, wanted.count - kept.size) };
}

/** What a runner is judged by beside itself. */
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
  // Frozen and not busy: a retirement was cut short, and the decision to take it away stands.
  if (machine.state === "frozen") return { keep: false, reason: "more runners than wanted" };
  if (registration.online) return { keep: true, isSuspect: false };
  const startsUp = standards.now - machine.createdAt < standards.patience.startUpMs;
  return startsUp
    ? { keep: true, isSuspect: true }
    : judgeSuspect(machine, standards, "offline for too long");
}

function judgeUnregistered(machine: Machine, standards: Standards): Verdict {
  // GitHub lets go of idle runners only: a retirement was cut short after its answer.
  if (machine.state === "frozen") return { keep: false, reason: "registration gone" };
  if (standards.lost.has(machine.scopeKey)) {
    return { keep: false, reason: "registered where the unit is no longer let in" };
  }
  return judgeSuspect(machine, standards, "registration gone");
}

/** One reading is no proof: GitHub's list lags, and a runner that has just ended its job powers itself off. */
function judgeSuspect(machine: Machine, { patience, now }: Standards, reason: Reason): Verdict {
  const overdue = machine.suspectSince !== undefined && now - machine.suspectSince >= patience.graceMs;
  return overdue ? { keep: false, reason } : { keep: true, isSuspect: true };
}

function upkeep({ machine, registration }: ObservedRunner, isSuspect: boolean, now: number): Step[] {
  const note: MachineNote = {
    ...(isSuspect && machine.suspectSince === undefined && { suspectSince: now }),
    ...(!isSuspect && machine.suspectSince !== undefined && { suspectSince: null }),
    // It listened for jobs although whoever made it did not live to write that down.
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

/** The runners to take away for a smaller number: those not yet online first, then the youngest idle ones. */
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
