import { findCause, messageOf, type Logger } from "charm-kit";
import type { ScaleSet, ScaleSetClient } from "scale-set-client";
import { RefusedScaleSets } from "./refused-scale-sets.ts";
import { waitsUntil, withPresent, type KnownScaleSet, type ScaleSetLedger } from "./scale-set-ledger.ts";

export interface FormerScaleSetsDependencies {
  readonly client: Pick<ScaleSetClient, "deleteScaleSet" | "getScaleSet" | "updateScaleSet">;
  /** @default nothing is remembered */
  readonly ledger?: ScaleSetLedger | undefined;
  /** Address of the path, such as `https://github.com/octo`. */
  readonly scope: string;
  /** Whether the unit has left the path: it has no present scale set there. @default false */
  readonly isLeft?: boolean;
  readonly context: { readonly now: () => number };
  /** Told of a scale set that cannot be deleted, and is given up. */
  readonly log: Logger;
}

/** Jobs of former scale sets. */
export interface FormerJobs {
  /** Jobs that want a runner, those that run included. */
  readonly assigned: number;
  readonly running: number;
  /** Number of runners that have yet to be registered for them. */
  readonly missing: number;
}

/** What a scale set is wanted to be. */
export interface WantedScaleSet {
  readonly name: string;
  readonly group: number;
  readonly labels: readonly string[];
}

/**
 * The scale sets that a unit had on a path before its present one: their assigned jobs get runners of their own, then
 * they are deleted. They have no session, so that GitHub assigns no further jobs to them. All methods throw the errors of the
 * scale set client.
 */
export class FormerScaleSets {
  readonly #dependencies: FormerScaleSetsDependencies;
  readonly #refused: RefusedScaleSets;
  /** One registration at a time, while there are former ones: each changes what the next one must do. */
  #last: Promise<unknown> = Promise.resolve();

  constructor(dependencies: FormerScaleSetsDependencies) {
    this.#dependencies = dependencies;
    this.#refused = new RefusedScaleSets({ now: dependencies.context.now, log: dependencies.log });
  }

  /** What a person should know of those that register no runner. */
  get notices(): readonly string[] {
    return this.#refused.notices;
  }

  /** Remembers the present scale set. */
  async keep(set: ScaleSet): Promise<ScaleSet> {
    const { context, ledger } = this.#dependencies;
    if (ledger === undefined) return set;
    const before = (await ledger.read()) ?? [];
    const after = withPresent(before, this.#known(set), context.now());
    if (JSON.stringify(after) !== JSON.stringify(before)) await ledger.write(after);
    return set;
  }

  /** Gives the last scale set with these labels its new name and group: its session and jobs stay. @returns undefined where there is none */
  async move({ name, group, labels }: WantedScaleSet, signal: AbortSignal): Promise<ScaleSet | undefined> {
    const { client } = this.#dependencies;
    const before = (await this.#own()).find((set) => set.leftAt === undefined && hasLabels(set, labels));
    if (before === undefined) return undefined;
    const found = await client.getScaleSet(before.id, signal);
    if (found === undefined) return undefined;
    return client.updateScaleSet(found.id, { name, runnerGroupId: group, disableUpdate: true }, signal);
  }

  /**
   * Makes room for another scale set of the same name. One with jobs gets another name, and becomes a former one.
   *
   * @returns "as it is" where it cannot be remembered, and has jobs that run.
   */
  async setAside(set: ScaleSet, signal: AbortSignal): Promise<"gone" | "aside" | "as it is"> {
    const { client, context, ledger } = this.#dependencies;
    if (ledger === undefined && isInUse(set)) return "as it is";
    if (ledger === undefined || !hasJobs(set)) {
      await client.deleteScaleSet(set.id, signal);
      await this.#forget(set.id);
      return "gone";
    }
    // First on disk: a process that is killed now finds it again.
    const others = ((await ledger.read()) ?? []).filter(({ id }) => id !== set.id);
    await ledger.write([...others, { ...this.#known(set), leftAt: context.now() }]);
    await client.updateScaleSet(set.id, { name: `${set.name}-${set.id}`, disableUpdate: true }, signal);
    return "aside";
  }

  /**
   * The jobs of all former ones that runners can be registered for. Deletes those without jobs and busy runners: what cannot
   * be deleted holds up no others.
   */
  async figures(signal: AbortSignal): Promise<FormerJobs> {
    const { client, context } = this.#dependencies;
    let [assigned, running, missing] = [0, 0, 0];
    for (const known of await this.#left()) {
      const set = await client.getScaleSet(known.id, signal);
      const { statistics } = set ?? {};
      // What GitHub counts for longer than a job can wait is no job.
      const isServed = set && (context.now() < waitsUntil(known) ? hasJobs(set) : isInUse(set));
      if (isServed && statistics) {
        const wanted = missingRunners(set);
        const isLeftAlone = this.#refused.isLeftAlone(known);
        assigned += statistics.totalAssignedJobs - (isLeftAlone ? wanted : 0);
        running += statistics.totalRunningJobs;
        missing += isLeftAlone ? 0 : wanted;
        continue;
      }
      if (set === undefined || (await this.#isDeleted(known, signal))) await this.#forget(known.id);
    }
    return { assigned, running, missing };
  }

  /**
   * Registers a runner in a former scale set that has more jobs than runners, else in the present one. Where the former one is
   * refused, the runner is one of the present scale set.
   *
   * @param present number of the present scale set; undefined on a path that the unit has left.
   */
  async register<T>(
    present: number | undefined,
    signal: AbortSignal,
    create: (id: number) => Promise<T>,
  ): Promise<T> {
    const former = await this.#left();
    if (former.length === 0 && present !== undefined) return create(present);
    const turn = this.#last.then(async () => {
      const needy = await this.#inNeed(former, signal);
      if (needy && present !== undefined) return this.#registerInEither(needy, present, signal, create);
      // Where the last job has just ended, the runner is none that is wanted, and is removed again.
      const id = needy?.id ?? present ?? former[0]?.id;
      if (id === undefined) throw new NoFormerJobError();
      return create(id);
    });
    this.#last = turn.catch(() => undefined);
    return turn;
  }

  /**
   * For a unit that has no scale set any more. Deletes those of which no job runs: GitHub gives the jobs that wait to other
   * runners with their labels.
   */
  async release(signal: AbortSignal): Promise<void> {
    for (const known of await this.#left()) {
      const set = await this.#dependencies.client.getScaleSet(known.id, signal);
      if (set !== undefined && isInUse(set)) continue;
      if (set === undefined || (await this.#isDeleted(known, signal))) await this.#forget(known.id);
    }
  }

  /** For a unit that is removed. Throws the first error once all were tried. */
  async deleteAll(signal: AbortSignal): Promise<void> {
    const failures: unknown[] = [];
    for (const { id } of await this.#left()) {
      try {
        await this.#dependencies.client.deleteScaleSet(id, signal);
        await this.#forget(id);
      } catch (thrown) {
        signal.throwIfAborted();
        failures.push(thrown);
      }
    }
    if (failures.length > 0) throw failures[0];
  }

  /** Deletes one without jobs. @returns whether it is gone, or is given up since GitHub has refused for a day */
  async #isDeleted(known: KnownScaleSet, signal: AbortSignal): Promise<boolean> {
    const { client, context, log } = this.#dependencies;
    try {
      await client.deleteScaleSet(known.id, signal);
      return true;
    } catch (thrown) {
      signal.throwIfAborted();
      const isGivenUp = context.now() >= waitsUntil(known);
      const told = { id: known.id, name: known.name, reason: messageOf(thrown) };
      if (isGivenUp) log.warning("Giving up a former scale set that cannot be deleted", told);
      else log.debug("Cannot delete a former scale set", told);
      return isGivenUp;
    }
  }

  async #registerInEither<T>(
    needy: KnownScaleSet,
    present: number,
    signal: AbortSignal,
    create: (id: number) => Promise<T>,
  ): Promise<T> {
    try {
      const made = await create(needy.id);
      this.#refused.forget(needy.id);
      return made;
    } catch (thrown) {
      signal.throwIfAborted();
      if (!this.#refused.note(needy, thrown)) throw thrown;
      return create(present);
    }
  }

  async #inNeed(former: readonly KnownScaleSet[], signal: AbortSignal): Promise<KnownScaleSet | undefined> {
    for (const known of former) {
      if (this.#refused.isLeftAlone(known)) continue;
      const set = await this.#dependencies.client.getScaleSet(known.id, signal);
      if (set && missingRunners(set) > 0) return known;
    }
    return undefined;
  }

  async #own(): Promise<readonly KnownScaleSet[]> {
    const sets = (await this.#dependencies.ledger?.read()) ?? [];
    return sets.filter(({ scope }) => scope === this.#scope);
  }

  async #left(): Promise<readonly KnownScaleSet[]> {
    const { isLeft = false } = this.#dependencies;
    return (await this.#own()).filter(({ leftAt }) => isLeft || leftAt !== undefined);
  }

  async #forget(id: number): Promise<void> {
    const { ledger } = this.#dependencies;
    this.#refused.forget(id);
    const sets = (await ledger?.read()) ?? [];
    const others = sets.filter((set) => set.id !== id || set.scope !== this.#scope);
    if (others.length < sets.length) await ledger?.write(others.length === 0 ? null : others);
  }

  get #scope(): string {
    return this.#dependencies.scope.toLowerCase();
  }

  #known({ id, labels, name, runnerGroupId: groupId }: ScaleSet): KnownScaleSet {
    return { id, scope: this.#scope, name, groupId, labels };
  }
}

/** No scale set of a path that the unit has left has a job any more. */
class NoFormerJobError extends Error {
  override readonly name = "NoFormerJobError";

  constructor() {
    super("the jobs of the former scale set are over");
  }
}

/** Whether a runner was not registered because the job that wanted it is over. */
export function isNoFormerJob(thrown: unknown): boolean {
  return findCause(thrown, NoFormerJobError) !== undefined;
}

/** Whether labels have one, without regard to case. */
export function hasLabel(labels: readonly string[], wanted: string): boolean {
  return labels.some((label) => label.toLowerCase() === wanted.toLowerCase());
}

/** Whether a scale set has these labels and no others. */
export function hasLabels(set: Pick<ScaleSet, "labels">, labels: readonly string[]): boolean {
  const lower = (list: readonly string[]) => list.map((label) => label.toLowerCase()).sort();
  return lower(set.labels).join(",") === lower(labels).join(",");
}

function hasJobs(set: ScaleSet): boolean {
  return isInUse(set) || (set.statistics?.totalAssignedJobs ?? 0) > 0;
}

function missingRunners({ statistics }: ScaleSet): number {
  return Math.max(0, (statistics?.totalAssignedJobs ?? 0) - (statistics?.totalRegisteredRunners ?? 0));
}

/** Whether a deletion could take a job from its runner. */
function isInUse({ statistics }: ScaleSet): boolean {
  return (statistics?.totalRunningJobs ?? 0) > 0 || (statistics?.totalBusyRunners ?? 0) > 0;
}
