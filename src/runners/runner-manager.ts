import { settleAll, findCause, messageOf } from "charm-kit";
import {
  Creations,
  type CreationsDependencies,
  type CreationsOptions,
  type Fleet,
  type Progress,
} from "./creations.ts";
import { ApplicationEndedError, earlyEndError } from "./errors.ts";
import { longBusy, type HeldRunner } from "./job-claims.ts";
import { replacedBy } from "./lost-runners.ts";
import {
  countRunners,
  joinRunners,
  runnerStates,
  type RunnerCounts,
  type RunnerState,
} from "./observed-runner.ts";
import { Observer, type Observation } from "./observer.ts";
import { plan, wantedCount, type Plan, type Wanted } from "./plan.ts";
import {
  NOTHING,
  PlanExecution,
  replanningUntil,
  type Replanning,
  type Outcome,
  type PlanExecutionDependencies,
} from "./plan-execution.ts";
import type {
  EarlyEnd,
  Lock,
  Machine,
  MachineList,
  Registration,
  RegistrationScopes,
  RunnerImage,
} from "./ports.ts";
import { afterJobStartedHooks } from "./job-started-hooks.ts";
import { Removals } from "./removals.ts";
import { isStandbyComplete, StandbyKeeper, type StandbyStep } from "./standby-keeper.ts";
import { withoutUnserved } from "./unserved-jobs.ts";
import { isAlive, liveRunners, liveStandby, withCreations, type World } from "./world.ts";

export type { Lock } from "./ports.ts";

/** Services of the manager and its runners. */
export interface RunnerManagerClients extends CreationsDependencies {
  readonly scopes: RegistrationScopes;
  readonly lock: Lock;
}

/** Settings of the manager; at most `concurrency` removals run in parallel, too. */
export interface ManagerOptions extends CreationsOptions {
  /** Whether standby instances are frozen once they wait for their payload. @default false */
  readonly freezesStandby?: boolean;
}

/** Result of an operation on all runners. */
export interface FleetReport {
  readonly counts: RunnerCounts;
  /** Change of the number of runners. */
  readonly delta: number;
  /** Errors of single runners; the next reconcile tries again. */
  readonly failures: readonly Error[];
  /** Whether GitHub rejects the version of the runner application: a new image is needed. */
  readonly versionRefused: boolean;
}

export interface ReconcileReport extends FleetReport {
  /** What each of the `counts` does. */
  readonly runners: readonly RunnerState[];
  /** Number of runners that it has created. */
  readonly created: number;
  /** Those of `failures` that kept no runner from being created. */
  readonly ofRemovals: readonly Error[];
  /** Whether a runner of the wanted configuration was online or busy before it began. */
  readonly hasStayed: boolean;
  /** Number of outdated runners that stay until one of their successors is online. */
  readonly waiting: number;
  /** Runners that ended by themselves, without a job, since the last reconcile; `failures` contains them too. */
  readonly ended: readonly EarlyEnd[];
  /** Names of former registration scopes that do not answer. */
  readonly silentScopes: readonly string[];
  /** Runners that keep their slots although they should be gone. */
  readonly held: readonly HeldRunner[];
  /** Whether the wanted standby instances are there, and wait. */
  readonly isStandbyComplete: boolean;
  /** Number of wanted runners beyond the usual ones, in place of those of other units that were lost. */
  readonly replacing: number;
}

/** A runner as far as it is there. */
export interface FoundRunner {
  readonly machine: Machine | undefined;
  readonly registration: Registration | undefined;
  /** Names of all runners with an instance. */
  readonly names: readonly string[];
}

interface Reconciling {
  readonly fleet: Fleet;
  readonly observed: Observation;
  readonly startedAt: number;
  readonly replanning?: Replanning | undefined;
}

/** How a plan is carried out. */
interface Carrying {
  readonly fleet: Fleet;
  readonly progress: Progress;
  readonly replanning?: Replanning | undefined;
}

/** The fleet of one reconcile, chosen while the unit's lock is held: no other process changes anything in between. */
export interface FleetChoice {
  readonly fleet: Fleet;
  /** Called before the lock is released. */
  readonly conclude: (report: ReconcileReport) => Promise<void>;
  /** @default none: the reconcile only waits for the runners that it creates */
  readonly replanning?: Replanning | undefined;
}

export interface FlushReport extends FleetReport {
  /** Number of removed runners. */
  readonly flushed: number;
}

/** GitHub's list shows a runner that listens for jobs a little later. The next reconcile continues in any case. */
const LIST_LAG_PAUSES_MS: readonly number[] = [1000, 2000, 4000];

/** GitHub deletes the registration of an ephemeral runner that has not connected for a day. */
const FORGOTTEN_BY_GITHUB_MS = 24 * 60 * 60_000;

/** Keeps the wanted number of healthy runners alive: reads LXD and GitHub, decides by {@link plan}, executes the plan. */
export class RunnerManager {
  readonly #clients: RunnerManagerClients;
  readonly #options: ManagerOptions;

  constructor(clients: RunnerManagerClients, options: ManagerOptions) {
    this.#clients = clients;
    this.#options = options;
  }

  /**
   * Makes the runners match the fleet. A runner that cannot be created or removed is reported and does not stop the others.
   *
   * @throws the errors of either list: without both, nothing is decided.
   */
  reconcile(fleet: Fleet, progress: Progress, signal: AbortSignal): Promise<ReconcileReport> {
    return this.#clients.lock.run(async () => {
      const startedAt = this.#clients.clock.now();
      const observed = await this.#observe(signal);
      return this.#reconcile({ fleet, observed, startedAt }, progress, signal);
    }, signal);
  }

  /**
   * Like {@link reconcile}, with a fleet that is chosen once no other process works on the runners.
   *
   * @param choose is told of the images as the same list shows them.
   * @throws the errors of the choice, too.
   */
  reconcileChosen(
    choose: (images: readonly RunnerImage[], signal: AbortSignal) => Promise<FleetChoice>,
    progress: Progress,
    signal: AbortSignal,
  ): Promise<ReconcileReport> {
    return this.#clients.lock.run(async (wanted) => {
      const startedAt = this.#clients.clock.now();
      // Read once: while an instance ends, LXD takes its time to answer.
      const listed = this.#clients.machines.list(signal);
      const chosen = listed.then(({ images }) => choose(images, signal));
      const both = [chosen, this.#observe(signal, false, listed)] as const;
      await Promise.allSettled(both);
      const [{ fleet, conclude, replanning: further }, observed] = await Promise.all(both);
      const replanning = further && replanningUntil(wanted, further);
      const report = await this.#reconcile({ fleet, observed, startedAt, replanning }, progress, signal);
      await conclude(report);
      return report;
    }, signal);
  }

  async #reconcile(
    { fleet, observed, startedAt, replanning }: Reconciling,
    progress: Progress,
    signal: AbortSignal,
  ): Promise<ReconcileReport> {
    const { clock, postMortem, scopes } = this.#clients;
    // The list has shown that the credentials work: others must not replace good ones in the record.
    await scopes.remember();
    const { planned, refusal } = await this.#decide(observed, fleet, signal);
    const first = await this.#carryOut(planned, observed, { fleet, progress, replanning }, signal);
    const rest =
      planned.waiting > 0 && first.created > 0
        ? await this.#replaceRest(withoutMissing(withoutUnserved(fleet, first.unserved)), progress, signal)
        : NOTHING;
    const after = first.isQuiet ? observed : await this.#observe(signal);
    await this.#forgetScopes(after);
    const ofRemovals = this.#failures([...first.removalFailures, ...rest.removalFailures]);
    const report = this.#report(observed, after, {
      failures: [...refusal, ...first.creationFailures, ...rest.creationFailures],
      versionRefused: first.versionRefused || rest.versionRefused,
    });
    const accounted = [...first.handled, ...rest.handled, ...after.machines.map(({ name }) => name)];
    await postMortem.findDeleted(new Set(accounted), signal);
    const died = await this.#tell(after, { counts: report.counts, fleet, startedAt }, signal);
    const ended = [...died, ...first.ended, ...rest.ended];
    const failures = [...report.failures, ...ofRemovals, ...this.#failures(ended.map(earlyEndError))];
    // The second plan meets the same runners again.
    const claims = rest.isQuiet ? first.held : rest.held;
    return {
      ...report,
      failures,
      ofRemovals,
      runners: runnerStates(liveRunners(after)),
      created: first.created + rest.created,
      hasStayed: hasStayed(observed, fleet),
      ended,
      silentScopes: after.silentScopes,
      waiting: this.#plan(after, { ...fleet, successor: "refused" }).waiting,
      held: [...unconfirmed(claims, after), ...longBusy(after.machines, clock.now())],
      isStandbyComplete: isStandbyComplete(
        { runners: after.machines, standby: after.standby },
        fleet,
        this.#options,
      ),
      replacing: replacedBy(after.lostRunners, fleet),
    };
  }

  /** Before the first working runner is removed, GitHub is asked whether a successor could be registered. */
  async #decide(
    observed: World,
    fleet: Fleet,
    signal: AbortSignal,
  ): Promise<{ readonly planned: Plan; readonly refusal: readonly unknown[] }> {
    const planned = this.#plan(observed, fleet);
    if (!planned.isTrial) return { planned, refusal: [] };
    try {
      await this.#clients.forge.checkRegistration(signal);
      return { planned, refusal: [] };
    } catch (thrown) {
      signal.throwIfAborted();
      return { planned: this.#plan(observed, { ...fleet, successor: "refused" }), refusal: [thrown] };
    }
  }

  /** Once GitHub lists a successor as online, the other outdated runners can go; until then they stay. */
  async #replaceRest(fleet: Fleet, progress: Progress, signal: AbortSignal): Promise<Outcome> {
    for (const pauseMs of LIST_LAG_PAUSES_MS) {
      const observed = await this.#observe(signal);
      const planned = this.#plan(observed, fleet);
      if (planned.waiting === 0) return this.#carryOut(planned, observed, { fleet, progress }, signal);
      await this.#clients.clock.wait(pauseMs, signal);
    }
    const observed = await this.#observe(signal);
    return this.#carryOut(this.#plan(observed, fleet), observed, { fleet, progress }, signal);
  }

  #carryOut(
    planned: Plan,
    observed: Observation,
    { fleet, progress, replanning }: Carrying,
    signal: AbortSignal,
  ): Promise<Outcome> {
    const replan: PlanExecutionDependencies["replan"] = async (wantedNow, inCreation, limited) => {
      const now = await this.#observe(limited);
      replanning?.observed({ counts: countAll(now), runners: runnerStates(liveRunners(now)) });
      const wanted = withoutMissing(wantedNow);
      // No working runner is removed for a successor that may be among them.
      const next = this.#plan(withCreations(now, inCreation), { ...wanted, successor: "refused" });
      return { planned: next, observed: now, fleet: wanted };
    };
    const execution = new PlanExecution({
      creations: new Creations(this.#clients, this.#options, progress),
      removals: (each) => this.#removals(each),
      ...{ replan, replanning, log: this.#clients.log },
    });
    return execution.run({ planned, observed, fleet }, signal);
  }

  #plan(observed: World, { mostCreations, ...wanted }: Wanted & Pick<Fleet, "mostCreations">): Plan {
    const isHeld = mostCreations === 0;
    return plan(
      observed,
      isHeld ? { ...wanted, successor: "refused" } : wanted,
      this.#options.patience,
      this.#clients.clock.now(),
    );
  }

  #tell(
    observed: World,
    {
      counts,
      fleet,
      startedAt,
    }: { readonly counts: RunnerCounts; readonly fleet: Fleet; readonly startedAt: number },
    signal: AbortSignal,
  ): Promise<readonly EarlyEnd[]> {
    const { clock, metrics } = this.#clients;
    const { names: runners, online: idle, busy } = counts;
    const standby = liveStandby(observed).map(({ name }) => name);
    const stopped = observed.machines.filter((machine) => !isAlive(machine)).map(({ name }) => name);
    const replacing = replacedBy(observed.lostRunners, fleet);
    const { demand, configured = fleet.count } = fleet;
    const wanted = demand ? wantedCount({ demand, count: fleet.count + replacing }) : configured + replacing;
    return metrics.reconciled(
      { runners, stopped, standby, idle, busy, wanted, tookMs: clock.now() - startedAt },
      signal,
    );
  }

  /**
   * Takes the next step towards the wanted standby instances, without a look at GitHub: makes one, or lets one rest. Holds
   * the lock only for short parts of it, so that runners come first.
   *
   * @param choose called once no other process works on the runners.
   * @param interruption ends the wait for a system that boots; a later step waits for it again.
   * @throws the error of the step; nothing is left of an instance that cannot be made.
   */
  makeUpStandby(
    choose: (images: readonly RunnerImage[], signal: AbortSignal) => Promise<Fleet>,
    interruption: AbortSignal,
    signal: AbortSignal,
  ): Promise<StandbyStep> {
    return new StandbyKeeper(this.#clients, this.#options).step(choose, interruption, signal);
  }

  /** Removes all idle runners and standby instances; runners with a job are kept. */
  flushIdle(signal: AbortSignal): Promise<FlushReport> {
    return this.#clients.lock.run(async () => {
      const observed = await this.#observe(signal);
      const idle = joinRunners(observed.machines, observed.registrations).runners.filter(
        ({ registration }) => registration?.busy === false,
      );
      const removals = this.#removals(observed);
      const outcomes = await settleAll(idle, this.#options.concurrency, (runner) =>
        removals.removeIdle(runner, signal),
      );
      await this.#discardStandby(observed, signal);
      return this.#reportFlush(observed, outcomes, await this.#observe(signal));
    }, signal);
  }

  /**
   * Removes all runners and standby instances, even runners with a job, and their registrations as far as GitHub allows. Waits first for runners
   * that run their job-started hooks.
   *
   * This ends jobs: only for `stop` and for an explicit request.
   *
   * @param mode `force` continues when GitHub cannot be reached.
   */
  flushAll(mode: "busy" | "force", signal: AbortSignal): Promise<FlushReport> {
    const withoutForge = mode === "force";
    const observe = () => this.#observe(signal, withoutForge);
    return this.#clients.lock.run(async () => {
      const observed = await afterJobStartedHooks(this.#clients, observe, signal);
      const { runners, orphans } = joinRunners(observed.machines, observed.registrations);
      const removals = this.#removals(observed);
      const ended = await settleAll(runners, this.#options.concurrency, (runner) =>
        removals.end(runner, signal),
      );
      await this.#discardStandby(observed, signal);
      const swept = await settleAll(orphans, this.#options.concurrency, (registration) =>
        observed.forgeOf(undefined, registration).deregister(registration.id, signal),
      );
      this.#failures(rejections(swept));
      signal.throwIfAborted();
      const after = await observe();
      await this.#forgetScopes(after);
      return this.#reportFlush(observed, ended, after);
    }, signal);
  }

  async #discardStandby({ standby }: Observation, signal: AbortSignal): Promise<void> {
    const { machines } = this.#clients;
    const outcomes = await settleAll(standby, this.#options.concurrency, ({ name }) =>
      machines.destroy(name, signal),
    );
    this.#failures(rejections(outcomes));
  }

  /** A runner as LXD and GitHub list it, and the names of all; changes nothing. */
  async find(name: string, signal: AbortSignal): Promise<FoundRunner> {
    const { machines, registrations } = await this.#observe(signal);
    return {
      machine: machines.find((machine) => machine.name === name),
      registration: registrations.find((registration) => registration.name === name),
      names: machines.map((machine) => machine.name).sort(),
    };
  }

  /** Counts the runners; changes nothing. */
  async check(signal: AbortSignal): Promise<RunnerCounts> {
    return countAll(await this.#observe(signal));
  }

  #observe(signal: AbortSignal, withoutForge = false, listed?: Promise<MachineList>): Promise<Observation> {
    const observer = new Observer({ ...this.#clients, names: this.#options.names });
    return observer.observe(signal, withoutForge, listed);
  }

  #removals(observed: Observation): Removals {
    return new Removals({ ...this.#clients, concurrency: this.#options.concurrency }, observed);
  }

  async #forgetScopes(observed: Observation): Promise<void> {
    const { clock, log, scopes } = this.#clients;
    for (const key of observed.emptyScopes(clock.now() - FORGOTTEN_BY_GITHUB_MS)) {
      log.info("No runner is left in a former registration scope", { scope: key });
      await scopes.forget(key);
    }
  }

  #report(
    before: World,
    after: World,
    { failures, versionRefused }: { readonly failures: readonly unknown[]; readonly versionRefused: boolean },
  ): FleetReport {
    const [live, lived] = [liveRunners(after), liveRunners(before)];
    const refused = failures.some((failure) => findCause(failure, ApplicationEndedError)?.versionRefused);
    return {
      counts: countAll(after),
      delta: live.length - lived.length,
      failures: this.#failures(failures),
      versionRefused: versionRefused || refused,
    };
  }

  #reportFlush(
    before: World,
    outcomes: readonly PromiseSettledResult<"removed" | "busy">[],
    after: World,
  ): FlushReport {
    const flushed = outcomes.filter(
      (outcome) => outcome.status === "fulfilled" && outcome.value === "removed",
    );
    const report = this.#report(before, after, { failures: rejections(outcomes), versionRefused: false });
    return { ...report, flushed: flushed.length };
  }

  #failures(reasons: readonly unknown[]): Error[] {
    return reasons.map((reason) => {
      const failure = reason instanceof Error ? reason : new Error(String(reason));
      this.#clients.log.warning("Runner failed", { reason: messageOf(failure) });
      return failure;
    });
  }
}

/** After the first plan, all jobs of former scopes have runners that are registered for them, as far as there was room. */
function withoutMissing(fleet: Fleet): Fleet {
  const { demand } = fleet;
  const former = demand?.former?.map((each) => ({ ...each, missing: 0 }));
  return demand ? { ...fleet, demand: { ...demand, former } } : fleet;
}

/** A job that GitHub lists by now is no mere claim of a guest. */
function unconfirmed(claims: readonly HeldRunner[], { registrations }: World): readonly HeldRunner[] {
  const busy = new Set(registrations.filter((each) => each.busy).map(({ name }) => name));
  return claims.filter(({ runner }) => !busy.has(runner));
}

function hasStayed({ machines, registrations }: World, { configHash }: Fleet): boolean {
  return joinRunners(machines, registrations).runners.some(
    ({ machine, registration }) =>
      machine.configHash === configHash && (registration?.online === true || registration?.busy === true),
  );
}

function countAll(world: World): RunnerCounts {
  return countRunners(liveRunners(world), liveStandby(world).length);
}

function rejections(outcomes: readonly PromiseSettledResult<unknown>[]): readonly unknown[] {
  return outcomes.flatMap((outcome) => (outcome.status === "rejected" ? [outcome.reason as unknown] : []));
}
