import { GithubError, waitsUntil, type KnownScaleSet, type ScaleSetLedger } from "../github/index.ts";
import { messageOf, withDeadline, type Clock, type Logger } from "charm-kit";
import type { FormerScopeDemand } from "../runners/plan.ts";
import type { ScopeWithScaleSets, UnitScopes } from "./unit-scopes.ts";

/** Jobs of scale sets on paths that the unit has left. */
export interface FormerDemand {
  readonly assigned: number;
  readonly running: number;
  readonly scopes: readonly FormerScopeDemand[];
  /** What a person should know. */
  readonly notices: readonly string[];
}

export interface FormerPathsDependencies {
  readonly scopes: Pick<UnitScopes, "withScaleSets">;
  /** Address of the present path, as in the ledger; undefined while the configuration is invalid. */
  readonly present: string | undefined;
  readonly ledger: ScaleSetLedger;
  readonly clock: Clock;
  readonly log: Logger;
}

/** A former GitHub may be gone for good, and must not hold up runners of the present one. */
const DEADLINE_MS = 5_000;
/** How long a GitHub that has failed is not asked again. */
const PAUSE_MS = 60_000;

interface Failure {
  readonly reason: string;
  readonly at: number;
}

/**
 * The paths that a unit has left although jobs had been assigned to its scale set there: it asks for these jobs as long as one
 * of them can wait.
 */
export class FormerPaths {
  readonly #dependencies: FormerPathsDependencies;
  readonly #failures = new Map<string, Failure>();

  constructor(dependencies: FormerPathsDependencies) {
    this.#dependencies = dependencies;
  }

  /** The jobs that wait or run there. What cannot be read counts as none, and is told. @throws the signal's reason. */
  async read(signal: AbortSignal): Promise<FormerDemand> {
    const { scopes } = this.#dependencies;
    const known = await this.#known();
    const reachable = await scopes.withScaleSets();
    await this.#giveUpUnreachable(known, reachable);
    const found = await Promise.all(
      reachable.map((scope) =>
        this.#readOne(
          scope,
          known.filter((set) => set.scope === scope.address),
          signal,
        ),
      ),
    );
    return {
      assigned: found.reduce((sum, { assigned }) => sum + assigned, 0),
      running: found.reduce((sum, { running }) => sum + running, 0),
      scopes: found.flatMap(({ scopes: each }) => each),
      notices: found.flatMap(({ notices }) => notices),
    };
  }

  /** Deletes the scale sets, for a unit that is removed. Best effort. */
  async deleteAll(signal: AbortSignal): Promise<void> {
    const { log, scopes } = this.#dependencies;
    for (const { address, scaleSets } of await scopes.withScaleSets()) {
      try {
        await withDeadline("delete a former scale set", DEADLINE_MS, signal, (limited) =>
          scaleSets.deleteAll(limited),
        );
      } catch (thrown) {
        signal.throwIfAborted();
        log.warning("Cannot delete a former scale set", { path: address, reason: messageOf(thrown) });
      }
    }
  }

  async #readOne(
    { address, key, scaleSets }: ScopeWithScaleSets,
    known: readonly KnownScaleSet[],
    signal: AbortSignal,
  ): Promise<FormerDemand> {
    const { clock } = this.#dependencies;
    // Runners there serve nobody any more.
    const none = {
      assigned: 0,
      running: 0,
      scopes: [{ scopeKey: key, waiting: 0, missing: 0 }],
      notices: [],
    };
    if (known.length === 0) return none;
    const before = this.#failures.get(key);
    if (before && isRecent(before, clock.now())) return this.#failed(address, known, before);
    try {
      const figures = await withDeadline("read a former scale set", DEADLINE_MS, signal, (limited) =>
        scaleSets.figures(limited),
      );
      this.#failures.delete(key);
      const { assigned, missing, running } = figures;
      return {
        ...{ assigned, running },
        scopes: [{ scopeKey: key, waiting: Math.max(0, assigned - running), missing }],
        notices: [],
      };
    } catch (thrown) {
      signal.throwIfAborted();
      const failure = { reason: reasonOf(thrown), at: clock.now() };
      this.#failures.set(key, failure);
      return this.#failed(address, known, failure);
    }
  }

  /** Tells of it, or gives up what no job can wait for any more. */
  async #failed(
    address: string,
    known: readonly KnownScaleSet[],
    { reason }: Failure,
  ): Promise<FormerDemand> {
    const { clock } = this.#dependencies;
    const until = Math.max(...known.map(waitsUntil));
    const nothing = { assigned: 0, running: 0, scopes: [], notices: [] };
    if (clock.now() >= until) {
      await this.#forget(address, reason);
      return nothing;
    }
    return { ...nothing, notices: [describeUnserved(address, reason, until)] };
  }

  /** Without credentials nobody can ask for their jobs. */
  async #giveUpUnreachable(
    known: readonly KnownScaleSet[],
    reachable: readonly ScopeWithScaleSets[],
  ): Promise<void> {
    const addresses = new Set(reachable.map(({ address }) => address));
    const lost = new Set(known.map(({ scope }) => scope).filter((scope) => !addresses.has(scope)));
    for (const address of lost) await this.#forget(address, "no credentials are known");
  }

  async #known(): Promise<readonly KnownScaleSet[]> {
    const { ledger, present } = this.#dependencies;
    return ((await ledger.read()) ?? []).filter(({ scope }) => scope !== present);
  }

  /** Gives up the scale sets of a former path. Best effort: what cannot be stored is given up again at the next read. */
  async #forget(address: string, reason: string): Promise<void> {
    const { ledger, log } = this.#dependencies;
    log.warning("The scale set of a former path is given up", { path: address, reason });
    const others = ((await ledger.read()) ?? []).filter(({ scope }) => scope !== address);
    await ledger.write(others.length === 0 ? null : others).catch((thrown: unknown) => {
      log.warning("Cannot store the unit's scale sets", { reason: messageOf(thrown) });
    });
  }
}

/** A failure in the future is from before the clock was set back. */
function isRecent({ at }: Failure, now: number): boolean {
  return at <= now && now - at < PAUSE_MS;
}

/**
 * What a person should know of a former path that cannot be asked. Pure.
 *
 * @param until when it is given up, in milliseconds since the Unix epoch.
 */
export function describeUnserved(address: string, reason: string, until: number): string {
  const end = Number.isFinite(until)
    ? `; given up at ${new Date(until).toISOString().slice(0, 16).replace("T", " ")} UTC`
    : "";
  return `jobs of the former path ${address} get no runners: ${reason}${end}`;
}

/** Without the action, which the notice names. */
function reasonOf(thrown: unknown): string {
  const message = messageOf(thrown);
  return thrown instanceof GithubError ? message.replace(/^Cannot [^:]*: /, "") : message;
}
