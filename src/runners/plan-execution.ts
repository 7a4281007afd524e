import { messageOf, type Logger } from "charm-kit";
import type { Creations, Fleet } from "./creations.ts";
import type { HeldRunner } from "./job-claims.ts";
import type { RunnerCounts, RunnerState } from "./observed-runner.ts";
import type { Observation } from "./observer.ts";
import type { Plan, Step } from "./plan.ts";
import type { EarlyEnd } from "./ports.ts";
import type { Removals, RemovalsReport } from "./removals.ts";
import { moreUnserved, withoutUnserved } from "./unserved-jobs.ts";
import { isAlive, type RunnerInCreation } from "./world.ts";

/** Result of carrying out one plan or several. */
export interface Outcome {
  readonly created: number;
  readonly removalFailures: readonly unknown[];
  readonly creationFailures: readonly unknown[];
  readonly versionRefused: boolean;
  readonly held: readonly HeldRunner[];
  /** Runners that had stopped without a word and without a job. */
  readonly ended: readonly EarlyEnd[];
  /** Names of all runners that steps of the plans were about. */
  readonly handled: readonly string[];
  /** Number of jobs of former scopes that no runner was made for, by the scope's key. */
  readonly unserved: ReadonlyMap<string, number>;
  readonly isQuiet: boolean;
}

export const NOTHING: Outcome = {
  created: 0,
  removalFailures: [],
  creationFailures: [],
  versionRefused: false,
  held: [],
  ended: [],
  handled: [],
  unserved: new Map(),
  isQuiet: true,
};

/** Runners as one reading of both lists shows them. */
export interface ObservedRunners {
  readonly counts: RunnerCounts;
  readonly runners: readonly RunnerState[];
}

/** Further plans of a reconcile, while it creates runners. */
export interface Replanning {
  /**
   * Waits until another runner may be missing.
   *
   * @returns the fleet as it is wanted then; undefined once the reconcile is to come to its end.
   */
  next(signal: AbortSignal): Promise<Fleet | undefined>;
  /** Told of what each of them is made for. */
  observed(runners: ObservedRunners): void;
}

/** Further plans until another process waits for its turn: they come to their end at once then, whatever they wait for. */
export function replanningUntil(wanted: AbortSignal, replanning: Replanning): Replanning {
  const isWanted = () => wanted.aborted;
  return {
    next: async (signal) => {
      if (isWanted()) return undefined;
      try {
        const fleet = await replanning.next(AbortSignal.any([signal, wanted]));
        return isWanted() ? undefined : fleet;
      } catch (thrown) {
        signal.throwIfAborted();
        if (isWanted()) return undefined;
        throw thrown;
      }
    },
    observed: (runners) => {
      replanning.observed(runners);
    },
  };
}

/** A plan, and what it was made for. */
export interface ObservedPlan {
  readonly planned: Plan;
  readonly observed: Observation;
  readonly fleet: Fleet;
}

export interface PlanExecutionDependencies {
  readonly creations: Creations;
  readonly removals: (observed: Observation) => Removals;
  /** @default there is one plan */
  readonly replanning?: Pick<Replanning, "next"> | undefined;
  /** Reads both lists and plans anew, while these runners are being created. */
  readonly replan: (
    fleet: Fleet,
    inCreation: readonly RunnerInCreation[],
    signal: AbortSignal,
  ) => Promise<ObservedPlan>;
  readonly log: Logger;
}

/** What has become of the steps of one plan. */
interface Taken {
  readonly removals: readonly RemovalsReport[];
  readonly ended: readonly EarlyEnd[];
  readonly handled: readonly string[];
  readonly isQuiet: boolean;
}

/** How far plans have been carried out. */
interface Progressed {
  readonly taken: readonly Taken[];
  /** The jobs of former scopes that no runner had been made for before the last plan. */
  readonly before: ReadonlyMap<string, number>;
  /** Of the last plan. */
  readonly fleet: Fleet;
}

/**
 * Carries out a plan: removes, and creates side by side. Some runners take minutes to start, and others end meanwhile. So
 * there are further plans as long as runners are being created, and a slot that becomes free does not wait for the slowest
 * of them.
 */
export class PlanExecution {
  readonly #dependencies: PlanExecutionDependencies;

  constructor(dependencies: PlanExecutionDependencies) {
    this.#dependencies = dependencies;
  }

  /** Resolves when no creation is under way, whatever becomes of the steps: the unit's lock stays until then. */
  async run(first: ObservedPlan, signal: AbortSignal): Promise<Outcome> {
    const { creations } = this.#dependencies;
    const steps = this.#takeAll(first, signal);
    await Promise.allSettled([steps]);
    await creations.ended();
    const taken = await steps;
    const { created, failures } = creations.report;
    const removals = taken.flatMap((each) => each.removals);
    return {
      created,
      removalFailures: removals.flatMap((each) => each.failures),
      creationFailures: failures,
      versionRefused: removals.some((each) => each.versionRefused),
      // Each plan meets the same runners again.
      held: taken.at(-1)?.removals.flatMap((each) => each.held) ?? [],
      ended: taken.flatMap((each) => each.ended),
      handled: taken.flatMap((each) => each.handled),
      unserved: creations.unserved,
      isQuiet: taken.every((each) => each.isQuiet),
    };
  }

  async #takeAll(first: ObservedPlan, signal: AbortSignal): Promise<readonly Taken[]> {
    const taken: Taken[] = [];
    for (let next: ObservedPlan | undefined = first; next;) {
      const before = this.#dependencies.creations.unserved;
      taken.push(await this.#take(next, signal));
      next = await this.#nextPlan({ taken, before, fleet: next.fleet }, signal);
    }
    return taken;
  }

  async #take({ planned, observed, fleet }: ObservedPlan, signal: AbortSignal): Promise<Taken> {
    const { creations } = this.#dependencies;
    const { steps, standby } = planned;
    const removals = this.#dependencies.removals(observed);
    const unserved = [...creations.unserved.values()].reduce((sum, each) => sum + each, 0);
    const most = (fleet.mostCreations ?? Infinity) - (creations.begun - unserved);
    // LXD takes most of a second to delete an instance that powers off: a standby instance is there already.
    const early = await removals.carryOut(
      steps.filter((step) => !isOfDead(step)),
      signal,
    );
    const taking = Math.max(0, Math.min(creationsAfter(planned, [early]), most, standby.length));
    creations.begin(taking, { fleet, standby }, signal);
    const late = await removals.carryOut(steps.filter(isOfDead), signal);
    const free = Math.min(creationsAfter(planned, [early, late]), most) - taking;
    creations.begin(Math.max(0, free), { fleet, standby: [], first: taking }, signal);
    return {
      removals: [early, late],
      // Of all steps until now.
      ended: late.ended,
      handled: steps.flatMap((step) => ("machine" in step ? [step.machine.name] : [])),
      isQuiet: steps.length === 0 && taking === 0 && free <= 0,
    };
  }

  /**
   * Waits for a reason to plan again. What fails is left to the next reconcile: it tries again after a pause. Places for jobs of
   * a former scope that registers no runner are free for others at once.
   *
   * @returns undefined when there is nothing to wait for.
   */
  async #nextPlan(
    { taken, before, fleet }: Progressed,
    signal: AbortSignal,
  ): Promise<ObservedPlan | undefined> {
    const { creations, log, replan, replanning } = this.#dependencies;
    const isFailing = () => creations.report.failures.length > 0 || taken.some(hasFailed);
    const unserved = () => moreUnserved(creations.unserved, before);
    const isOver = () => isFailing() || (creations.underWay.length === 0 && unserved().size === 0);
    if (isOver()) return undefined;
    try {
      const asked = unserved().size > 0 ? undefined : await this.#whileCreating(replanning, signal);
      // What was asked for knows of them already.
      const next = asked ?? (unserved().size > 0 ? withoutUnserved(fleet, unserved()) : undefined);
      if (next === undefined || isOver()) return undefined;
      // Before the lists are read: they show whatever has ended by now.
      const found = await replan(next, creations.underWay, signal);
      return isFailing() ? undefined : found;
    } catch (thrown) {
      signal.throwIfAborted();
      log.warning("Cannot plan again while runners are created", { reason: messageOf(thrown) });
      return undefined;
    }
  }

  /** @returns undefined when no creation is under way any more, or one was not made for a job of a former scope. */
  async #whileCreating(
    replanning: Pick<Replanning, "next"> | undefined,
    signal: AbortSignal,
  ): Promise<Fleet | undefined> {
    const { creations } = this.#dependencies;
    const ended = new AbortController();
    const asked = replanning?.next(AbortSignal.any([signal, ended.signal]));
    // Once nobody waits for it any more.
    asked?.catch(() => undefined);
    const events = [creations.nextUnserved, creations.ended()].map((each) => each.then(() => undefined));
    try {
      return await Promise.race([...(asked ? [asked] : []), ...events]);
    } finally {
      ended.abort();
    }
  }
}

/** Whether steps have failed, or found runners that end at once: what is wrong then is not to be done again without a pause. */
function hasFailed({ removals, ended }: Taken): boolean {
  return ended.length > 0 || removals.some(({ failures }) => failures.length > 0);
}

/** Whether a step removes what has neither a registration nor a process: the remains of a used runner. */
function isOfDead(step: Step): boolean {
  return step.action === "destroy" && step.registration === undefined && !isAlive(step.machine);
}

/** Number of creations after removals: a runner that took a job in time to stay keeps its slot, and is one of the wanted. */
function creationsAfter({ creations, slots }: Plan, removals: readonly RemovalsReport[]): number {
  const stayed = removals.reduce((sum, each) => sum + each.stayed, 0);
  const held = removals.reduce((sum, each) => sum + each.held.length, 0);
  // One that claims a job which GitHub does not list serves no demand.
  return Math.max(0, Math.min(creations - (stayed - held), slots - stayed));
}
