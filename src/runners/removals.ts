import { settleAll, type Clock, type Logger } from "charm-kit";
import { ApplicationEndedError, causes } from "./errors.ts";
import { claimEndsAt, ENDED_JOB_MS, type HeldRunner } from "./job-claims.ts";
import type { ObservedRunner } from "./observed-runner.ts";
import type { Observation } from "./observer.ts";
import { isInspected, type Removal, type Step } from "./plan.ts";
import type { EarlyEnd, GuestActivity, Machine } from "./ports.ts";
import { hasJob, Runner, type RunnerDependencies } from "./runner.ts";
import { isAlive } from "./world.ts";

export interface RemovalsDependencies extends RunnerDependencies {
  readonly clock: Clock;
  readonly log: Logger;
  /** Maximum number of parallel steps. */
  readonly concurrency: number;
}

/** Result of the steps. */
export interface RemovalsReport {
  /** Runners and registrations that could not be removed and keep their slots. */
  readonly stayed: number;
  /** Those of them that claim a job which GitHub does not list. */
  readonly held: readonly HeldRunner[];
  readonly failures: readonly unknown[];
  /** Whether an application had exited because GitHub rejects its version. */
  readonly versionRefused: boolean;
  /** Runners that had stopped without a word and without a job. */
  readonly ended: readonly EarlyEnd[];
}

/** What is known of the activity of a guest whose word counts no longer. */
const ENDED_JOB = "a job that GitHub has ended";

/** The same of a guest that GitHub alone believes to have a job. */
const NO_JOB = "no job";

type Outcome = "done" | "stayed" | "version refused" | HeldRunner;

/** A removal that ends no job. */
type Inspected = Exclude<Removal, { readonly action: "end" }>;

/** Executes the steps of a plan: removes runners without ending a job. */
export class Removals {
  readonly #dependencies: RemovalsDependencies;
  readonly #observation: Observation;
  readonly #ended: EarlyEnd[] = [];

  constructor(dependencies: RemovalsDependencies, observation: Observation) {
    this.#dependencies = dependencies;
    this.#observation = observation;
  }

  /** Executes all steps; a failed one does not stop the others. */
  async carryOut(steps: readonly Step[], signal: AbortSignal): Promise<RemovalsReport> {
    const outcomes = await settleAll(steps, this.#dependencies.concurrency, (step) =>
      this.#take(step, signal),
    );
    signal.throwIfAborted();
    // A runner that could not be removed may still be alive, and keeps its slot; so does its registration alone.
    const stayed = outcomes.filter((outcome, index) => {
      const step = steps[index];
      return step !== undefined && this.#takesSlot(step) && !isGone(outcome);
    });
    return {
      stayed: stayed.length,
      held: outcomes.flatMap((outcome) =>
        outcome.status === "fulfilled" && typeof outcome.value === "object" ? [outcome.value] : [],
      ),
      failures: outcomes.flatMap((outcome) =>
        outcome.status === "rejected" ? [outcome.reason as unknown] : [],
      ),
      versionRefused: outcomes.some(
        (outcome) => outcome.status === "fulfilled" && outcome.value === "version refused",
      ),
      ended: this.#ended,
    };
  }

  /** Whether something that is wanted no more keeps the place of a runner if the step fails. */
  #takesSlot(step: Step): boolean {
    switch (step.action) {
      case "retire":
      case "destroy":
      case "end":
      case "discard":
        return true;
      case "deregister":
        return this.#observation.isOfPresentScope(step.registration);
      case "doubt":
      case "unfreeze":
      case "note":
        return false;
    }
  }

  /** Removes a runner that GitHub lists as idle; one that has a job after all is kept. */
  async removeIdle(runner: ObservedRunner, signal: AbortSignal): Promise<"removed" | "busy"> {
    const { machine } = runner;
    if (isAlive(machine) && hasJob(await this.#inspect(machine, signal))) return "busy";
    return this.#remove(runner, signal);
  }

  /** Removes a runner even if it has a job. GitHub later deletes the registration of a busy runner that stays away. */
  async end({ machine, registration }: ObservedRunner, signal: AbortSignal): Promise<"removed"> {
    const { machines, postMortem } = this.#dependencies;
    await postMortem.note(machine.name, { event: "removing" });
    await machines.destroy(machine.name, signal);
    await postMortem.note(machine.name, { event: "removed" });
    if (registration) {
      await this.#observation.forgeOf(machine, registration).deregister(registration.id, signal);
    }
    return "removed";
  }

  async #take(step: Step, signal: AbortSignal): Promise<Outcome> {
    const { machines, log } = this.#dependencies;
    switch (step.action) {
      case "deregister":
        log.info("Deleting registration", { runner: step.registration.name, reason: step.reason });
        await this.#observation
          .forgeOf(undefined, step.registration)
          .deregister(step.registration.id, signal);
        return "done";
      case "unfreeze":
        await machines.unfreeze(step.machine.name, signal);
        return "done";
      case "note":
        await machines.note(step.machine.name, step.note, signal);
        return "done";
      case "discard":
        return this.#discard(step, signal);
      case "retire":
      case "destroy":
        return this.#takeAway(step, signal);
      case "end":
        log.warning("Removing runner", { runner: step.machine.name, reason: step.reason });
        await this.#decided(step, undefined);
        await this.#keepCapsule(step, undefined, signal);
        await this.end(step, signal);
        return "done";
      case "doubt":
        return this.#doubt(step, signal);
    }
  }

  /** Removes a runner that GitHub lists as busy if its job was over a quarter of an hour ago, and still is. */
  async #doubt(step: Step & { readonly action: "doubt" }, signal: AbortSignal): Promise<Outcome> {
    const { clock, log, machines, metrics } = this.#dependencies;
    const { machine, reason } = step;
    const { name: runner, suspectSince } = machine;
    const activity = await machines.inspect(runner, signal);
    const isOver = activity === "waiting" || typeof activity === "object";
    if (!isOver && !(await metrics.jobEnded(runner, signal))) return "done";
    const now = clock.now();
    // An application may be about to tell the end of its job.
    if (suspectSince === undefined || suspectSince > now) {
      await machines.note(runner, { suspectSince: now }, signal);
      return "done";
    }
    if (now - suspectSince < ENDED_JOB_MS) return "done";
    log.warning("Removing runner", { runner, reason, activity: describe(activity) });
    const ending = { ...step, action: "end" as const };
    await this.#decided(ending, isOver ? NO_JOB : ENDED_JOB);
    await this.#keepCapsule(ending, activity, signal);
    await this.end(ending, signal);
    return "done";
  }

  /** A standby instance has no job. Its registration goes first, so that a busy one would show that it is none. */
  async #discard(
    { machine, registration, reason }: Step & { readonly action: "discard" },
    signal: AbortSignal,
  ): Promise<Outcome> {
    const { log, machines } = this.#dependencies;
    log.info("Removing standby instance", { instance: machine.name, reason });
    if (registration) {
      const forge = this.#observation.forgeOf(undefined, registration);
      if ((await forge.deregister(registration.id, signal)) === "busy") return "stayed";
    }
    await machines.destroy(machine.name, signal);
    return "done";
  }

  async #takeAway(step: Inspected, signal: AbortSignal): Promise<Outcome> {
    const { log } = this.#dependencies;
    const { machine, reason } = step;
    const isSuspect = isInspected(step);
    const said = isSuspect || isListedAsIdle(step) ? await this.#inspect(machine, signal) : undefined;
    const held = hasJob(said) ? await this.#hold(step, signal) : undefined;
    if (typeof held === "object") return held;
    const activity = isSuspect ? said : undefined;
    const told = held === "ended" ? ENDED_JOB : describe(activity);
    log.info("Removing runner", { runner: machine.name, reason, activity: told });
    await this.#decided(step, told);
    if (isCrash(step, activity)) await this.#keepCapsule(step, activity, signal);
    if (machine.state === "stopped" || machine.state === "error") await this.#examine(step, signal);
    const outcome = await this.#removeFrom(step, signal);
    if (typeof outcome === "object") return outcome;
    if (outcome === "busy") {
      log.info("Runner took a job and is kept", { runner: machine.name });
      return "stayed";
    }
    const refused = typeof activity === "object" && new ApplicationEndedError(activity.ended).versionRefused;
    return refused ? "version refused" : "done";
  }

  /** Keeps a runner that claims a job which GitHub does not list, for a time. @returns why it is kept no longer */
  async #hold(
    { machine, registration }: ObservedRunner,
    signal: AbortSignal,
  ): Promise<HeldRunner | "ended" | "too long"> {
    const { clock, log, machines } = this.#dependencies;
    const { name: runner, suspectSince } = machine;
    const now = clock.now();
    if (await this.#hasEnded(machine, now, signal)) {
      log.warning("Runner claims a job that GitHub has ended", { runner });
      return "ended";
    }
    const endsAt = claimEndsAt(machine, registration, this.#observation.isListed(machine), now);
    if (endsAt <= now) {
      log.warning("Runner claims a job that GitHub does not list, for too long", { runner });
      return "too long";
    }
    log.info("Runner has a job that GitHub does not list", { runner, until: new Date(endsAt).toISOString() });
    if (suspectSince === undefined || suspectSince > now) {
      await machines.note(runner, { suspectSince: now }, signal);
    }
    return { runner, saidBy: "guest", endsAt };
  }

  /** Whether GitHub has ended the job that a guest claims, and the application has had the time to notice. */
  async #hasEnded(machine: Machine, now: number, signal: AbortSignal): Promise<boolean> {
    const { suspectSince } = machine;
    if (suspectSince === undefined || suspectSince > now || now - suspectSince < ENDED_JOB_MS) return false;
    return this.#observation.isListed(machine) && this.#dependencies.metrics.jobEnded(machine.name, signal);
  }

  /** A frozen instance cannot be inspected. */
  async #inspect({ name, state }: Machine, signal: AbortSignal): Promise<GuestActivity> {
    if (state === "frozen") await this.#dependencies.machines.unfreeze(name, signal);
    return this.#dependencies.machines.inspect(name, signal);
  }

  /** A former scope may list its runners and refuse to delete them; their instances are destroyed nevertheless. */
  async #removeFrom(step: Inspected, signal: AbortSignal): Promise<"removed" | "busy" | HeldRunner> {
    try {
      return await this.#remove(step, signal);
    } catch (thrown) {
      const scope = this.#observation.formerScopeOf(step.machine);
      if (!scope || !causes(thrown).some((cause) => scope.refuses(cause))) throw thrown;
      const { machines } = this.#dependencies;
      const held = hasJob(await machines.inspect(step.machine.name, signal))
        ? await this.#hold(step, signal)
        : undefined;
      if (typeof held === "object") return held;
      await this.#dependencies.postMortem.note(step.machine.name, { event: "removing" });
      await machines.destroy(step.machine.name, signal);
      await this.#dependencies.postMortem.note(step.machine.name, { event: "removed" });
      return "removed";
    }
  }

  #decided({ machine, reason }: Removal, activity: string | undefined): Promise<void> {
    const event = { event: "decided", reason, activity } as const;
    return this.#dependencies.postMortem.note(machine.name, event);
  }

  async #examine(runner: ObservedRunner, signal: AbortSignal): Promise<void> {
    const ended = await this.#dependencies.postMortem.examine(runner, signal);
    if (ended) this.#ended.push(ended);
  }

  async #keepCapsule(
    { machine, registration, reason: cause }: Removal,
    activity: GuestActivity | undefined,
    signal: AbortSignal,
  ): Promise<void> {
    const { clock, postMortem } = this.#dependencies;
    const { name: runner } = machine;
    await postMortem.keep({ runner, cause, at: clock.now(), machine, registration, activity }, signal);
  }

  #remove({ machine, registration }: ObservedRunner, signal: AbortSignal): Promise<"removed" | "busy"> {
    return this.#runner({ machine, registration }).remove(undefined, signal);
  }

  #runner({ machine, registration }: ObservedRunner): Runner {
    const { logs, machines, metrics, postMortem } = this.#dependencies;
    const config = { name: machine.name };
    const status = {
      runnerId: registration?.id,
      exist: registration !== undefined,
      online: registration?.online ?? false,
      busy: registration?.busy ?? false,
    };
    const forge = this.#observation.forgeOf(machine, registration);
    return new Runner({ forge, machines, logs, metrics, postMortem }, config, status, machine);
  }
}

/**
 * Whether a step removes a runner that works for all that GitHub says. GitHub has listed runners as idle, and deleted their
 * registrations, that were in a job for minutes, so that the guest is asked, too.
 */
function isListedAsIdle({ action }: Inspected): boolean {
  return action === "retire";
}

/** Whether a step has removed its instance. */
function isGone(outcome: PromiseSettledResult<Outcome>): boolean {
  return outcome.status === "fulfilled" && (outcome.value === "done" || outcome.value === "version refused");
}

/**
 * A live runner without a connection has crashed, unless its application has exited with 0: GitHub drops idle runners,
 * whose application then exits without a job.
 */
function isCrash({ machine, reason }: Inspected, activity: GuestActivity | undefined): boolean {
  // A frozen runner was being retired.
  if (machine.state !== "running") return false;
  const isLost = reason === "offline for too long" || reason === "registration gone";
  return isLost && activity !== undefined && !(typeof activity === "object" && activity.ended === 0);
}

function describe(activity: GuestActivity | undefined): string | undefined {
  return typeof activity === "object" ? `ended ${activity.ended}` : activity;
}
