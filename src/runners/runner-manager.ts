import { settleAll, findCause, messageOf, type Clock, type Logger } from "charm-kit";
import { ApplicationEndedError } from "./errors.ts";
import { countRunners, joinRunners, type RunnerCounts } from "./observed-runner.ts";
import { Observer, type Observation } from "./observer.ts";
import { plan, type Patience } from "./plan.ts";
import type { RegistrationScopes } from "./ports.ts";
import { afterJobStartedHooks } from "./job-started-hooks.ts";
import { Removals } from "./removals.ts";
import { Runner, type CreateRunnerConfig, type RunnerDependencies } from "./runner.ts";
import type { RunnerNames } from "./runner-name.ts";
import { liveRunners, type World } from "./world.ts";

/** Allows one reconcile of the unit at a time. The lock of a process ends with the process. */
export interface Lock {
  run<T>(work: () => Promise<T>, signal: AbortSignal): Promise<T>;
}

/** Services of the manager and its runners. */
export interface RunnerManagerClients extends RunnerDependencies {
  readonly scopes: RegistrationScopes;
  readonly lock: Lock;
  readonly clock: Clock;
  readonly log: Logger;
  /** Random hexadecimal digits, at least 12, different at each call. */
  readonly entropy: () => string;
}

/** Settings of one new runner; the manager adds the rest of {@link CreateRunnerConfig}. */
export type RunnerSettings = Omit<CreateRunnerConfig, "configHash" | "scopeKey" | "deadline" | "startUpMs">;

/** The wanted runners of the unit. */
export interface Fleet {
  /** Number of runners; 0 or more. */
  readonly count: number;
  /** Hash of the configuration; idle runners with another hash are replaced. */
  readonly configHash: string;
  /** Gives the settings of one new runner: some are drawn at random, or valid for one runner only. */
  readonly create: (signal: AbortSignal) => Promise<RunnerSettings>;
}

export interface ManagerOptions {
  readonly names: RunnerNames;
  readonly patience: Patience;
  /** Milliseconds after which an idle runner is replaced. */
  readonly idleLifetimeMs: number;
  /** Maximum number of parallel creations, and of parallel removals. */
  readonly concurrency: number;
}

/** Progress of the creations of one reconcile. */
export type Progress = (done: number, total: number) => void;

export interface ReconcileReport {
  readonly counts: RunnerCounts;
  /** Change of the number of runners. */
  readonly delta: number;
  /** Errors of single runners; the next reconcile tries again. */
  readonly failures: readonly Error[];
  /** Whether GitHub rejects the version of the runner application: a new image is needed. */
  readonly versionRefused: boolean;
}

export interface FlushReport extends ReconcileReport {
  /** Number of removed runners. */
  readonly flushed: number;
}

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
    const { clock, lock, scopes } = this.#clients;
    return lock.run(async () => {
      await scopes.remember();
      const startedAt = clock.now();
      const observed = await this.#observe(signal);
      const { steps, creations } = plan(observed, fleet, this.#options.patience, clock.now());
      const removals = await this.#removals(observed).carryOut(steps, signal);
      // A runner that took a job in time to stay keeps its slot.
      const free = Math.max(0, creations - removals.stayed);
      const created = await this.#create(free, fleet, progress, signal);
      const quiet = steps.length === 0 && free === 0;
      const after = quiet ? observed : await this.#observe(signal);
      await this.#forgetScopes(after);
      const report = this.#report(observed, after, {
        failures: [...removals.failures, ...created],
        versionRefused: removals.versionRefused,
      });
      await this.#tell(report.counts, fleet.count, startedAt, signal);
      return report;
    }, signal);
  }

  async #tell(counts: RunnerCounts, wanted: number, startedAt: number, signal: AbortSignal): Promise<void> {
    const { clock, metrics } = this.#clients;
    const { names: runners, online: idle, busy } = counts;
    await metrics.reconciled({ runners, idle, busy, wanted, tookMs: clock.now() - startedAt }, signal);
  }

  /** Removes all idle runners; those with a job are kept. */
  flushIdle(signal: AbortSignal): Promise<FlushReport> {
    return this.#clients.lock.run(async () => {
      const observed = await this.#observe(signal);
      const idle = joinRunners(observed.machines, observed.registrations).runners.filter(
        ({ registration }) => registration?.busy === false,
      );
      const removals = this.#removals(observed);
      const outcomes = await settleAll(idle, this.#options.concurrency, (runner) =>
        removals.remove(runner, signal),
      );
      return this.#reportFlush(observed, outcomes, await this.#observe(signal));
    }, signal);
  }

  /**
   * Removes all runners, even those with a job, and their registrations as far as GitHub allows. Waits first for runners
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

  /** Counts the runners; changes nothing. */
  async check(signal: AbortSignal): Promise<RunnerCounts> {
    return countRunners(liveRunners(await this.#observe(signal)));
  }

  #observe(signal: AbortSignal, withoutForge = false): Promise<Observation> {
    return new Observer({ ...this.#clients, names: this.#options.names }).observe(signal, withoutForge);
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

  async #create(
    count: number,
    fleet: Fleet,
    progress: Progress,
    signal: AbortSignal,
  ): Promise<readonly unknown[]> {
    if (count === 0) return [];
    let done = 0;
    progress(done, count);
    const names = Array.from({ length: count }, () => this.#options.names.next(this.#clients.entropy()));
    const outcomes = await settleAll(names, this.#options.concurrency, async (name) => {
      signal.throwIfAborted();
      await this.#createOne(name, fleet, signal);
      progress(++done, count);
    });
    return rejections(outcomes);
  }

  async #createOne(name: string, fleet: Fleet, signal: AbortSignal): Promise<void> {
    const { clock, log, metrics } = this.#clients;
    const startedAt = clock.now();
    const status = { runnerId: undefined, exist: false, online: false, busy: false };
    const runner = new Runner(this.#clients, { name }, status);
    const config = {
      ...(await fleet.create(signal)),
      configHash: fleet.configHash,
      scopeKey: this.#clients.scopes.present ?? "",
      deadline: startedAt + this.#options.idleLifetimeMs,
      startUpMs: this.#options.patience.startUpMs,
    };
    await runner.create(config, signal);
    const tookMs = clock.now() - startedAt;
    log.info("Runner is online", { runner: name, seconds: tookMs / 1000 });
    await metrics.installed(name, tookMs);
  }

  #report(
    before: World,
    after: World,
    { failures, versionRefused }: { readonly failures: readonly unknown[]; readonly versionRefused: boolean },
  ): ReconcileReport {
    const [live, lived] = [liveRunners(after), liveRunners(before)];
    const refused = failures.some((failure) => findCause(failure, ApplicationEndedError)?.versionRefused);
    return {
      counts: countRunners(live),
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

function rejections(outcomes: readonly PromiseSettledResult<unknown>[]): readonly unknown[] {
  return outcomes.flatMap((outcome) => (outcome.status === "rejected" ? [outcome.reason as unknown] : []));
}
