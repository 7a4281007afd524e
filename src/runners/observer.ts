import { messageOf, type Logger } from "charm-kit";
import { isGone, type LostRunners } from "./lost-runners.ts";
import type {
  Forge,
  FormerScope,
  LostInstances,
  Machine,
  MachineList,
  Machines,
  RegistrationScopes,
  Registration,
  RunnerMetrics,
  StandbyMachine,
} from "./ports.ts";
import type { RunnerNames } from "./runner-name.ts";
import type { World } from "./world.ts";

export interface ObserverDependencies {
  readonly forge: Forge;
  readonly machines: Machines;
  readonly metrics: Pick<RunnerMetrics, "ended">;
  readonly scopes: RegistrationScopes;
  readonly log: Logger;
  readonly names: RunnerNames;
}

/** The answer of a former scope: its list, that it refuses the unit's credentials, or none for now. */
type Answer = readonly Registration[] | "refused" | "silent";

interface VisitedScope {
  readonly scope: FormerScope;
  readonly answer: Answer;
}

/** The unit's instances and registrations at one moment, and the client for each of them. */
export class Observation implements World {
  readonly machines: readonly Machine[];
  readonly standby: readonly StandbyMachine[];
  readonly registrations: readonly Registration[];
  readonly lost: readonly Registration[];
  readonly lostRunners: LostRunners | undefined;
  readonly lostScopes: ReadonlySet<string>;
  readonly ended: ReadonlyMap<string, number>;
  /** Keys of scopes that gave no list: those that refuse the credentials, and those that do not respond. */
  readonly #unlisted: ReadonlySet<string>;
  readonly #present: { readonly forge: Forge; readonly registrations: readonly Registration[] };
  readonly #visited: readonly VisitedScope[];

  constructor(
    { runners: machines, standby }: Omit<MachineList, "images">,
    present: {
      readonly forge: Forge;
      readonly key: string | undefined;
      readonly registrations: readonly Registration[];
      /** Those of other units' runners whose machines are off. */
      readonly lost: readonly Registration[];
      readonly lostRunners: LostRunners | undefined;
    },
    visited: readonly VisitedScope[],
    ended: ReadonlyMap<string, number>,
  ) {
    this.machines = machines;
    this.standby = standby;
    this.ended = ended;
    this.lost = present.lost;
    this.lostRunners = present.lostRunners;
    this.registrations = [present.registrations, ...visited.map(listed)].flat();
    this.#present = present;
    this.#visited = visited;
    const known = new Set(["", present.key]);
    for (const { scope, answer } of visited) if (answer !== "refused") known.add(scope.key);
    this.lostScopes = new Set(machines.map(({ scopeKey }) => scopeKey).filter((key) => !known.has(key)));
    const silent = visited.filter(({ answer }) => answer === "silent").map(({ scope }) => scope.key);
    this.#unlisted = new Set([...this.lostScopes, ...silent]);
  }

  /** Names of former scopes that do not answer. */
  get silentScopes(): readonly string[] {
    return this.#visited.filter(({ answer }) => answer === "silent").map(({ scope }) => scope.name);
  }

  /** Whether GitHub's list of a runner's scope could be read. */
  isListed({ scopeKey }: Machine): boolean {
    return !this.#unlisted.has(scopeKey);
  }

  /** Whether a registration is in the scope of new runners. */
  isOfPresentScope(registration: Registration): boolean {
    return this.#present.registrations.includes(registration);
  }

  /** The client of a runner's scope; an empty one for a scope that cannot be asked. */
  forgeOf(machine: Machine | undefined, registration: Registration | undefined): Forge {
    if (registration) {
      const visited = this.#visited.find((each) => listed(each).includes(registration));
      return visited?.scope.forge ?? this.#present.forge;
    }
    if (machine === undefined || this.lostScopes.has(machine.scopeKey)) return NOBODY;
    const visited = this.#visited.find(({ scope }) => scope.key === machine.scopeKey);
    if (visited) return visited.answer === "silent" ? NOBODY : visited.scope.forge;
    return this.#present.forge;
  }

  /** The former scope that a runner is registered in; undefined for a runner of the present one. */
  formerScopeOf({ scopeKey: key }: Machine): FormerScope | undefined {
    return this.#visited.find(({ scope }) => scope.key === key)?.scope;
  }

  /**
   * Keys of former scopes in which no runner of the unit is left, and none is needed.
   *
   * @param forgottenBefore a scope that does not answer and was left before that time counts as empty: GitHub deletes
   *   registrations of runners that stay away.
   */
  emptyScopes(forgottenBefore: number): readonly string[] {
    const inUse = new Set(this.machines.map(({ scopeKey }) => scopeKey));
    return this.#visited
      .filter(({ scope, answer }) => {
        if (inUse.has(scope.key) || scope.isNeeded === true) return false;
        if (answer === "silent") return scope.leftAt < forgottenBefore;
        return answer === "refused" || answer.length === 0;
      })
      .map(({ scope }) => scope.key);
  }
}

/** Reads LXD and GitHub in parallel, former scopes too. */
export class Observer {
  readonly #dependencies: ObserverDependencies;

  constructor(dependencies: ObserverDependencies) {
    this.#dependencies = dependencies;
  }

  /**
   * @param withoutForge continues without registrations when GitHub cannot be reached.
   * @param instances the list of instances, if it is read already.
   * @throws the errors of the list of instances and of the list of the present scope.
   */
  async observe(
    signal: AbortSignal,
    withoutForge = false,
    instances = this.#dependencies.machines.list(signal),
  ): Promise<Observation> {
    const { forge, metrics, scopes } = this.#dependencies;
    const [present, all, former] = await Promise.all([
      this.#listPresent(signal, withoutForge),
      instances,
      scopes.former(),
    ]);
    const visited = await Promise.all(former.map((scope) => this.#visit(scope, signal)));
    const runners = this.#owned(all.runners);
    const registrations = this.#owned(present);
    const names = new Set([registrations, ...visited.map(listed)].flat().map(({ name }) => name));
    const unlisted = runners.filter(({ name, state }) => state === "running" && !names.has(name));
    return new Observation(
      { runners, standby: this.#owned(all.standby) },
      { forge, key: scopes.present, registrations, ...this.#lost(present, all.lost) },
      visited,
      await metrics.ended(unlisted.map(({ name }) => name)),
    );
  }

  async #listPresent(signal: AbortSignal, withoutForge: boolean): Promise<readonly Registration[]> {
    try {
      return await this.#dependencies.forge.list(signal);
    } catch (thrown) {
      signal.throwIfAborted();
      if (!withoutForge) throw thrown;
      this.#dependencies.log.warning("Continuing without GitHub", { reason: messageOf(thrown) });
      return [];
    }
  }

  async #visit(scope: FormerScope, signal: AbortSignal): Promise<VisitedScope> {
    try {
      return { scope, answer: this.#owned(await scope.forge.list(signal)) };
    } catch (thrown) {
      signal.throwIfAborted();
      const answer = scope.refuses(thrown) ? "refused" : "silent";
      this.#dependencies.log.warning("Cannot list the runners of a former registration scope", {
        scope: scope.key,
        answer,
        reason: messageOf(thrown),
      });
      return { scope, answer };
    }
  }

  /** Their own units are off with their machines. */
  #lost(
    registrations: readonly Registration[],
    instances: LostInstances | undefined,
  ): Pick<Observation, "lost" | "lostRunners"> {
    if (instances === undefined) return { lost: [], lostRunners: undefined };
    const { unit, units } = instances;
    const names = new Set(instances.names.filter((name) => this.#dependencies.names.isOfOtherUnit(name)));
    const listed = registrations.filter(({ name }) => names.has(name));
    const alive = new Set(listed.filter((each) => !isGone(each)).map(({ name }) => name));
    return { lost: listed.filter(isGone), lostRunners: { names: [...names], alive, unit, units } };
  }

  #owned<T extends { readonly name: string }>(all: readonly T[]): readonly T[] {
    return all.filter(({ name }) => this.#dependencies.names.owns(name));
  }
}

function listed({ answer }: VisitedScope): readonly Registration[] {
  return typeof answer === "string" ? [] : answer;
}

/** Replaces the client of a scope that can no longer be asked. */
const NOBODY: Forge = {
  list: () => Promise.resolve([]),
  deregister: () => Promise.resolve("gone"),
  checkRegistration: () => Promise.reject(new Error("this scope can no longer be asked")),
  register: () => Promise.reject(new Error("this scope can no longer be asked")),
  application: () => Promise.reject(new Error("this scope can no longer be asked")),
};
