import { settleAll } from "../support/concurrency.ts";
import type { Clock } from "../support/clock.ts";
import { messageOf } from "../support/errors.ts";
import type { Logger } from "../support/log.ts";
import { countRunners, joinRunners, type ObservedRunner, type RunnerCounts } from "./observed-runner.ts";
import { plan, type Patience, type Reason, type Step } from "./plan.ts";
import type { Machine, Registration } from "./ports.ts";
import { Runner, type CreateRunnerConfig, type RunnerClients } from "./runner.ts";
import type { RunnerNames } from "./runner-name.ts";
import { liveRunners, type World } from "./world.ts";

/** Holds other reconciles of the unit off. A process that dies gives it up. */
export interface Lock {
  run<T>(work: () => Promise<T>, signal: AbortSignal): Promise<T>;
}

/** Services that the manager and its runners work with. */
export interface RunnerManagerClients extends RunnerClients {
  readonly lock: Lock;
  readonly clock: Clock;
  readonly log: Logger;
  /** Random hexadecimal digits, at least 12, different at each call. */
  readonly entropy: () => string;
}

/** How the unit's runners are made. */
export interface Fleet {
  /** Number of runners; 0 or more. */
  readonly count: number;
  /** Fingerprint of the configuration; runners of another one are replaced when they are idle. */
  readonly kind: string;
  readonly labels: readonly string[];
  readonly registrationUrl: string;
  /** How one more runner is made: some settings are drawn by lot, or good for one runner alone. */
  readonly create: (signal: AbortSignal) => Promise<CreateRunnerConfig>;
}

export interface ManagerOptions {
  readonly names: RunnerNames;
  readonly patience: Patience;
  /** Milliseconds after which an idle runner is replaced. */
  readonly idleLifetimeMs: number;
  /** Most creations, and most removals, at a time. */
  readonly concurrency: number;
}

/** Progress of the creations of one reconcile. */
export type Progress = (done: number, total: number) => void;

export interface ReconcileReport {
  readonly counts: RunnerCounts;
  /** Runners more, or fewer, than before. */
  readonly delta: number;
  /** What went wrong with single runners; the next reconcile tries again. */
  readonly failures: readonly Error[];
}

export interface FlushReport extends ReconcileReport {
  /** Runners that were taken away. */
  readonly flushed: number;
}

/** Keeps the wanted number of healthy runners alive: reads both sides, decides by {@link plan}, carries it out. */
export class RunnerManager {
  readonly #clients: RunnerManagerClients;
  readonly #options: ManagerOptions;

  constructor(clients: RunnerManagerClients, options: ManagerOptions) {
    this.#clients = clients;
    this.#options = options;
  }

  /**
   * Makes the world as the fleet says. A runner that cannot be made or taken away is reported and stops no other.
   *
   * @throws what either list throws: without both, nothing is decided.
   */
  reconcile(fleet: Fleet, progress: Progress, signal: AbortSignal): Promise<ReconcileReport> {
    return this.#clients.lock.run(async () => {
      const startedAt = this.#clients.clock.now();
      const world = await this.#observe(signal);
      const { steps, creations } = plan(world, fleet, this.#options.patience, this.#clients.clock.now());
      const before = liveRunners(world).length;
      const removals = await this.#carryOut(steps, signal);
      // A runner that took a job in time to stay holds its place.
      const free = Math.max(0, creations - removals.stayed);
      const created = await this.#create(free, fleet, progress, signal);
      const failures = [...removals.failures, ...created];
      const quiet = steps.length === 0 && free === 0;
      const after = liveRunners(quiet ? world : await this.#observe(signal));
      const counts = countRunners(after);
      await this.#tell(counts, fleet.count, startedAt, signal);
      return { counts, delta: after.length - before, failures };
    }, signal);
  }

  async #tell(counts: RunnerCounts, wanted: number, startedAt: number, signal: AbortSignal): Promise<void> {
    const { clock, metrics } = this.#clients;
    const { names: runners, online: idle, busy } = counts;
    await metrics.reconciled({ runners, idle, busy, wanted, tookMs: clock.now() - startedAt }, signal);
  }

  /** Takes all idle runners away; those that have a job live on. */
  flushIdle(signal: AbortSignal): Promise<FlushReport> {
    return this.#clients.lock.run(async () => {
      const world = await this.#observe(signal);
      const idle = joinRunners(world.machines, world.registrations).runners.filter(
        ({ registration }) => registration?.busy === false,
      );
      const outcomes = await settleAll(idle, this.#options.concurrency, (runner) =>
        this.#remove(runner, signal),
      );
      return this.#reportFlush(world, outcomes, signal);
    }, signal);
  }

  /**
   * Takes all runners away, those with a job too, and their registrations where GitHub gives them up.
   *
   * This ends jobs: only `stop` and a person's explicit order may ask for it.
   *
   * @param mode `force` goes on when GitHub cannot be reached.
   */
  flushAll(mode: "busy" | "force", signal: AbortSignal): Promise<FlushReport> {
    return this.#clients.lock.run(async () => {
      const world = await this.#observe(signal, mode === "force");
      const { runners, orphans } = joinRunners(world.machines, world.registrations);
      const ended = await settleAll(runners, this.#options.concurrency, (runner) =>
        this.#end(runner, signal),
      );
      const swept = await settleAll(orphans, this.#options.concurrency, ({ id }) =>
        this.#clients.forge.deregister(id, signal),
      );
      this.#failures(swept);
      return this.#reportFlush(world, ended, signal, mode === "force");
    }, signal);
  }

  /** Reads both sides and counts; changes nothing. */
  async check(signal: AbortSignal): Promise<RunnerCounts> {
    return countRunners(liveRunners(await this.#observe(signal)));
  }

  /** @param withoutForge goes on with no registrations when GitHub cannot be asked. */
  async #observe(signal: AbortSignal, withoutForge = false): Promise<World> {
    const { forge, machines, log } = this.#clients;
    const registrations = forge.list(signal).catch((thrown: unknown) => {
      if (!withoutForge) throw thrown;
      log.warning("Going on without GitHub", { reason: messageOf(thrown) });
      return [];
    });
    const [listed, registered] = await Promise.all([machines.list(signal), registrations]);
    const owned = ({ name }: { readonly name: string }) => this.#options.names.owns(name);
    return { machines: listed.filter(owned), registrations: registered.filter(owned) };
  }

  async #carryOut(
    steps: readonly Step[],
    signal: AbortSignal,
  ): Promise<{ stayed: number; failures: readonly Error[] }> {
    const outcomes = await settleAll(steps, this.#options.concurrency, (step) => this.#take(step, signal));
    signal.throwIfAborted();
    // What could not be removed may still be alive, and holds its place.
    const stayed = steps.filter((step, index) => {
      const outcome = outcomes[index];
      const removal = step.action === "retire" || step.action === "destroy";
      return removal && !(outcome?.status === "fulfilled" && outcome.value === "done");
    });
    return { stayed: stayed.length, failures: this.#failures(outcomes) };
  }

  async #take(step: Step, signal: AbortSignal): Promise<"done" | "stayed"> {
    const { forge, machines, log } = this.#clients;
    switch (step.action) {
      case "deregister":
        log.info("Deleting registration", { runner: step.registration.name, reason: step.reason });
        await forge.deregister(step.registration.id, signal);
        return "done";
      case "thaw":
        await machines.thaw(step.machine.name, signal);
        return "done";
      case "note":
        await machines.note(step.machine.name, step.note, signal);
        return "done";
      case "retire":
      case "destroy": {
        if (isCrash(step.reason) && (await this.#hasJob(step, signal))) return "stayed";
        log.info("Removing runner", { runner: step.machine.name, reason: step.reason });
        if (isCrash(step.reason) && step.machine.state === "running") await this.#keepLogs(step, signal);
        const outcome = await this.#remove(step, signal);
        if (outcome === "busy") log.info("Runner took a job and stays", { runner: step.machine.name });
        return outcome === "busy" ? "stayed" : "done";
      }
    }
  }

  #remove({ machine, registration }: ObservedRunner, signal: AbortSignal): Promise<"removed" | "busy"> {
    return this.#runner(machine, registration).remove(undefined, signal);
  }

  /**
   * GitHub lists no job for a runner of another path, or one that it has lost sight of; the guest knows better, and a job
   * that runs is left to end.
   */
  async #hasJob({ machine }: ObservedRunner, signal: AbortSignal): Promise<boolean> {
    if (machine.state !== "running") return false;
    const hasJob = await this.#clients.machines.hasJob(machine.name, signal);
    if (hasJob)
      this.#clients.log.info("Runner has a job that GitHub does not show", { runner: machine.name });
    return hasJob;
  }

  /** Logs are wanted, not needed: a guest that is too broken to give them goes all the same. */
  async #keepLogs({ machine, registration }: ObservedRunner, signal: AbortSignal): Promise<void> {
    const { log } = this.#clients;
    try {
      const directory = await this.#runner(machine, registration).pullLogs(signal);
      log.warning("Runner crashed, its logs are kept", { runner: machine.name, directory });
    } catch (thrown) {
      signal.throwIfAborted();
      log.warning("Runner crashed without logs", { runner: machine.name, reason: messageOf(thrown) });
    }
  }

  #runner(machine: Machine, registration: Registration | undefined): Runner {
    const config = {
      name: machine.name,
      labels: [],
      registrationUrl: "",
      kind: machine.kind,
      deadline: machine.deadline,
      startUpMs: this.#options.patience.startUpMs,
    };
    const status = {
      runnerId: registration?.id,
      exist: registration !== undefined,
      online: registration?.online ?? false,
      busy: registration?.busy ?? false,
    };
    return new Runner(this.#clients, config, status, machine);
  }

  async #create(
    count: number,
    fleet: Fleet,
    progress: Progress,
    signal: AbortSignal,
  ): Promise<readonly Error[]> {
    if (count === 0) return [];
    let done = 0;
    progress(done, count);
    const names = Array.from({ length: count }, () => this.#options.names.next(this.#clients.entropy()));
    const outcomes = await settleAll(names, this.#options.concurrency, async (name) => {
      signal.throwIfAborted();
      await this.#createOne(name, fleet, signal);
      progress(++done, count);
    });
    return this.#failures(outcomes);
  }

  async #createOne(name: string, fleet: Fleet, signal: AbortSignal): Promise<void> {
    const { clock, log, metrics } = this.#clients;
    const startedAt = clock.now();
    const config = {
      name,
      labels: fleet.labels,
      registrationUrl: fleet.registrationUrl,
      kind: fleet.kind,
      deadline: startedAt + this.#options.idleLifetimeMs,
      startUpMs: this.#options.patience.startUpMs,
    };
    const status = { runnerId: undefined, exist: false, online: false, busy: false };
    const runner = new Runner(this.#clients, config, status);
    await runner.create(await fleet.create(signal), signal);
    const tookMs = clock.now() - startedAt;
    log.info("Runner is online", { runner: name, seconds: tookMs / 1000 });
    await metrics.installed(name, tookMs);
  }

  #failures(outcomes: readonly PromiseSettledResult<unknown>[]): Error[] {
    return outcomes
      .filter((outcome) => outcome.status === "rejected")
      .map(({ reason }) => {
        const failure = reason instanceof Error ? reason : new Error(String(reason));
        this.#clients.log.warning("Runner failed", { reason: messageOf(failure) });
        return failure;
      });
  }

  async #reportFlush(
    before: World,
    outcomes: readonly PromiseSettledResult<"removed" | "busy">[],
    signal: AbortSignal,
    withoutForge = false,
  ): Promise<FlushReport> {
    signal.throwIfAborted();
    const flushed = outcomes.filter(
      (outcome) => outcome.status === "fulfilled" && outcome.value === "removed",
    );
    const after = liveRunners(await this.#observe(signal, withoutForge));
    return {
      counts: countRunners(after),
      delta: after.length - liveRunners(before).length,
      failures: this.#failures(outcomes),
      flushed: flushed.length,
    };
  }

  /** Ends a runner with whatever job it has. GitHub lets a busy registration go when it misses the runner. */
  async #end({ machine, registration }: ObservedRunner, signal: AbortSignal): Promise<"removed"> {
    await this.#clients.machines.destroy(machine.name, signal);
    if (registration) await this.#clients.forge.deregister(registration.id, signal);
    return "removed";
  }
}

/** A runner that ended its job powers itself off; one that lives on without a connection has crashed. */
function isCrash(reason: Reason): boolean {
  return reason === "offline for too long" || reason === "registration gone";
}
