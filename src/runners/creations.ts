import {
  findCause,
  Gate,
  messageOf,
  withResolvers,
  type Clock,
  type Logger,
  type Resolvers,
} from "charm-kit";
import { FormerScopeError, isOfFormerScope, RunnerCreateError, StandbyLostError } from "./errors.ts";
import { formerForge } from "./former-forge.ts";
import type { Demand, Patience, Replacement } from "./plan.ts";
import { OnlineWitness } from "./online-witness.ts";
import type { FormerScope, Machine, RegistrationScopes, StandbyMachine } from "./ports.ts";
import { Runner, type CreateRunnerConfig, type RunnerDependencies } from "./runner.ts";
import type { RunnerNames } from "./runner-name.ts";
import type { RunnerInCreation } from "./world.ts";

/** Settings of one new runner; the manager adds the rest of {@link CreateRunnerConfig}. */
export type RunnerSettings = Omit<
  CreateRunnerConfig,
  "configHash" | "scopeKey" | "deadline" | "startUpMs" | "takenAt"
>;

/** The wanted runners of the unit. */
export interface Fleet {
  /** Number of runners; 0 or more. */
  readonly count: number;
  /** Jobs that want runners; `count` is the most of them then. @default none */
  readonly demand?: Demand | undefined;
  /** Runners beyond `count`, in place of those of other units that were lost. @default none */
  readonly replacement?: Replacement | undefined;
  /** The configured number, when the machine cannot hold as many. @default the same as `count` */
  readonly configured?: number;
  /** Number of standby instances beside the runners. @default 0 */
  readonly standby?: number;
  /** Hash of the configuration; idle runners with another hash are replaced. */
  readonly configHash: string;
  /** Idle runners that were created before this time are replaced, in milliseconds since the Unix epoch. @default none */
  readonly renewBefore?: number;
  /** Most creations in one reconcile; with 0, no working runner is removed for a successor. @default as many as are missing */
  readonly mostCreations?: number | undefined;
  /** Gives the settings of one new runner: some are drawn at random, or valid for one runner only. */
  readonly create: (signal: AbortSignal) => Promise<RunnerSettings>;
}

/** Progress of the creations of one plan, and of those that are begun while they are under way. */
export type Progress = (done: number, total: number) => void;

export interface CreationsDependencies extends RunnerDependencies {
  readonly scopes: Pick<RegistrationScopes, "former" | "present">;
  readonly clock: Clock;
  readonly log: Logger;
  /** Random hexadecimal digits, at least 12, different at each call. */
  readonly entropy: () => string;
}

export interface CreationsOptions {
  readonly names: RunnerNames;
  readonly patience: Patience;
  /** Milliseconds after which an idle runner is replaced. */
  readonly idleLifetimeMs: number;
  /** Most runners that are created, or removed, at once. */
  readonly concurrency: number;
  /** Most of them that are created at once. @default concurrency */
  readonly creationsAtOnce?: number;
}

/** Result of creations. */
export interface CreationsReport {
  /** Number of runners that are online now. */
  readonly created: number;
  readonly failures: readonly unknown[];
}

/** What runners are created with and from. */
export interface CreationsWork {
  readonly fleet: Fleet;
  /** Instances that they take, as far as these suffice. */
  readonly standby: readonly StandbyMachine[];
  /** Number of the first of them among all creations of the plan: these serve former scopes first. @default 0 */
  readonly first?: number;
}

/** One creation. */
interface Order extends RunnerInCreation {
  readonly names: string[];
  readonly fleet: Fleet;
  /** The instance to take; undefined for a new one. */
  readonly taken: StandbyMachine | undefined;
  /** The former scope whose job the runner is for; undefined for the present scope. */
  readonly scope: () => Promise<FormerScope | undefined>;
}

const GIVEN_UP = new Error("another runner was not made there a moment ago");

/** Creates runners of a fleet, side by side; a failed one does not stop the others. */
export class Creations {
  readonly #dependencies: CreationsDependencies;
  readonly #options: CreationsOptions;
  readonly #progress: Progress;
  readonly #gate: Gate;
  readonly #underWay = new Map<Order, Promise<void>>();
  readonly #failures: unknown[] = [];
  readonly #unserved = new Map<string, number>();
  #nextUnserved: Resolvers<undefined> = withResolvers();
  /** Keys of former scopes that have just failed: no other runner is tried there. */
  readonly #failing = new Set<string>();
  #begun = 0;
  #done = 0;

  constructor(dependencies: CreationsDependencies, options: CreationsOptions, progress: Progress) {
    this.#dependencies = dependencies;
    this.#options = options;
    this.#progress = progress;
    this.#gate = new Gate(options.creationsAtOnce ?? options.concurrency);
  }

  /** Those that have not ended, and those that wait for their turn. */
  get underWay(): readonly RunnerInCreation[] {
    return [...this.#underWay.keys()];
  }

  /** Number of those that were begun. */
  get begun(): number {
    return this.#begun;
  }

  /**
   * Number of runners that were not made for jobs of former scopes, by the scope's key: what is wrong there is none of the
   * unit's failures, and their places are free for others.
   */
  get unserved(): ReadonlyMap<string, number> {
    return new Map(this.#unserved);
  }

  /** Resolves with the next of them. */
  get nextUnserved(): Promise<undefined> {
    return this.#nextUnserved.promise;
  }

  /** What the ended ones have come to. */
  get report(): CreationsReport {
    return { created: this.#done, failures: this.#failures };
  }

  /**
   * Begins to create runners, and returns at once.
   *
   * @param count number of runners to create; 0 or more.
   */
  begin(count: number, { fleet, standby, first = 0 }: CreationsWork, signal: AbortSignal): void {
    if (count === 0) return;
    const scopes = this.#scopesFor(fleet);
    // Each creation fails with it, unless all are aborted before.
    scopes.catch(() => undefined);
    for (let index = 0; index < count; index += 1) {
      const taken = standby[index];
      const name = taken?.name ?? this.#nextName();
      const order: Order = {
        names: [name],
        machine: this.#machineOf(name, fleet),
        scope: async () => (await scopes)[first + index],
        ...{ fleet, taken },
      };
      this.#begun += 1;
      this.#underWay.set(order, this.#carryOut(order, signal));
    }
    this.#progress(this.#done, this.#begun);
  }

  /** Resolves when none is under way. */
  async ended(): Promise<void> {
    while (this.#underWay.size > 0) await Promise.all(this.#underWay.values());
  }

  async #carryOut(order: Order, signal: AbortSignal): Promise<void> {
    let unserved: string | undefined;
    try {
      await this.#gate.run(async () => {
        signal.throwIfAborted();
        await (order.taken ? this.#takeOne(order, signal) : this.#createOne(order, signal));
      });
      this.#done += 1;
      this.#progress(this.#done, this.#begun);
    } catch (thrown) {
      const scope = await order.scope().catch(() => undefined);
      if (scope && this.#failing.has(scope.key) && isOfFormerScope(thrown)) unserved = scope.key;
      else this.#failures.push(thrown);
    } finally {
      this.#underWay.delete(order);
      if (unserved !== undefined) this.#leaveUnserved(unserved);
    }
  }

  /** A former scope is told of the first of all its runners that fail side by side, and of those that are made. */
  async #createIn(scope: FormerScope, create: () => Promise<void>, signal: AbortSignal): Promise<void> {
    try {
      await create();
    } catch (thrown) {
      if (signal.aborted || this.#failing.has(scope.key) || !isOfFormerScope(thrown)) throw thrown;
      // Before another one begins there.
      this.#failing.add(scope.key);
      await this.#softly(() => scope.failed(thrown));
      throw thrown;
    }
    await this.#softly(() => scope.served());
  }

  /** Once its place is free. */
  #leaveUnserved(key: string): void {
    this.#unserved.set(key, (this.#unserved.get(key) ?? 0) + 1);
    this.#nextUnserved.resolve(undefined);
    this.#nextUnserved = withResolvers();
  }

  /** What is not stored is found out again. */
  async #softly(work: () => Promise<void>): Promise<void> {
    await work().catch((thrown: unknown) => {
      this.#dependencies.log.warning("Cannot note how a former scope fares", { reason: messageOf(thrown) });
    });
  }

  /** The former scopes whose jobs want runners, each as often as it wants one; undefined for the present one. */
  async #scopesFor({ demand }: Fleet): Promise<readonly (FormerScope | undefined)[]> {
    const wanted = (demand?.former ?? []).filter(({ missing }) => missing > 0);
    if (wanted.length === 0) return [];
    const known = await this.#dependencies.scopes.former();
    return wanted.flatMap(({ scopeKey, missing }) => {
      const scope = known.find(({ key }) => key === scopeKey);
      // One that is forgotten by now has no jobs.
      return scope !== undefined || scopeKey === undefined ? Array<typeof scope>(missing).fill(scope) : [];
    });
  }

  #nextName(): string {
    return this.#options.names.next(this.#dependencies.entropy());
  }

  /** The runner as LXD will list it. */
  #machineOf(name: string, { configHash }: Fleet): Machine {
    const { clock, scopes } = this.#dependencies;
    const createdAt = clock.now();
    return {
      name,
      state: "running",
      phase: "creating",
      configHash,
      scopeKey: scopes.present ?? "",
      createdAt,
      deadline: createdAt + this.#options.idleLifetimeMs,
      suspectSince: undefined,
      busySince: undefined,
    };
  }

  /** A standby instance that is of no use does not cost the runner: a new instance takes its place. */
  async #takeOne(order: Order, signal: AbortSignal): Promise<void> {
    try {
      await this.#createOne(order, signal, true);
    } catch (thrown) {
      const isLeft = findCause(thrown, RunnerCreateError)?.isLeft === true;
      if (signal.aborted || isLeft || !findCause(thrown, StandbyLostError)) throw thrown;
      this.#dependencies.log.warning("Cannot use a standby instance; creating another instance", {
        instance: order.names.at(-1),
        reason: messageOf(thrown),
      });
      order.names.push(this.#nextName());
      await this.#createOne(order, signal);
    }
  }

  async #createOne(order: Order, signal: AbortSignal, isOnStandby = false): Promise<void> {
    const { clock, log, metrics, scopes } = this.#dependencies;
    const { idleLifetimeMs, patience } = this.#options;
    const { fleet } = order;
    const [name = ""] = order.names.slice(-1);
    const scope = await order.scope();
    const startedAt = clock.now();
    const status = { runnerId: undefined, exist: false, online: false, busy: false };
    if (scope && this.#failing.has(scope.key)) throw new FormerScopeError(scope.name, { cause: GIVEN_UP });
    await this.#dependencies.postMortem.note(name, { event: "creating" });
    const runner = new Runner(this.#dependenciesIn(scope), { name }, status);
    const config = {
      ...(await fleet.create(signal)),
      configHash: fleet.configHash,
      scopeKey: scope?.key ?? scopes.present ?? "",
      takenAt: isOnStandby ? startedAt : undefined,
      deadline: startedAt + idleLifetimeMs,
      startUpMs: patience.startUpMs,
    };
    const create = () => runner.create(config, signal);
    await (scope ? this.#createIn(scope, create, signal) : create());
    const tookMs = clock.now() - startedAt;
    log.info("Runner is online", { runner: name, seconds: tookMs / 1000, fromStandby: isOnStandby });
    await this.#dependencies.postMortem.note(name, { event: "online", seconds: tookMs / 1000 });
    await metrics.installed(name, tookMs, runner.stages);
  }

  #dependenciesIn(scope: FormerScope | undefined): RunnerDependencies {
    if (scope === undefined) return this.#dependencies;
    const { clock, witness, ...others } = this.#dependencies;
    const forge = formerForge(scope);
    return { ...others, clock, forge, ...(witness && { witness: new OnlineWitness(forge, clock) }) };
  }
}
