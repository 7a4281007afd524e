import { waitsUntil, type FormerJobs, type KnownScaleSet, type ScaleSetLedger } from "../github/index.ts";
import { messageOf, withDeadline, type Clock, type Logger } from "charm-kit";
import type { FormerScopeDemand } from "../runners/plan.ts";
import { utcMinute } from "../runners/utc-minute.ts";
import { faultReason, isDue, servedJobs, type FormerFault } from "./former-faults.ts";
import type { ScopeWithScaleSets, UnitScopes } from "./unit-scopes.ts";

/** Jobs of scale sets on paths that the unit has left. */
export interface FormerDemand {
  /** Those that have runners, or can have some. */
  readonly assigned: number;
  readonly running: number;
  readonly scopes: readonly FormerScopeDemand[];
  /** Keys of scopes whose last runner did not start, and where another one is to be tried for a job that waits. */
  readonly untried: readonly string[];
  /** What a person should know. */
  readonly notices: readonly string[];
}

export interface FormerPathsDependencies {
  readonly scopes: Pick<UnitScopes, "noteFault" | "withScaleSets">;
  /** Address of the present path, as in the ledger; undefined while the configuration is invalid. */
  readonly present: string | undefined;
  readonly ledger: ScaleSetLedger;
  /** A name that no runner has had, and that no other will have. */
  readonly nextName: () => string;
  readonly clock: Clock;
  readonly log: Logger;
}

/** A former GitHub may be gone for good, and must not hold up runners of the present one. */
const DEADLINE_MS = 5_000;

/** What was read last of one path. */
interface Reading {
  readonly figures: FormerJobs;
  /** As it was before. */
  readonly fault: FormerFault | undefined;
}

/**
 * The paths that a unit has left although jobs had been assigned to its scale set there: it asks for these jobs as long as one
 * of them can wait.
 */
export class FormerPaths {
  readonly #dependencies: FormerPathsDependencies;
  readonly #readings = new Map<string, Reading>();
  /** Attempts that are under way, by the scope's key. */
  readonly #asking = new Map<string, Promise<void>>();
  readonly #ended = new AbortController();

  constructor(dependencies: FormerPathsDependencies) {
    this.#dependencies = dependencies;
  }

  /**
   * Reads the jobs that wait or run there. What has failed is asked again after ever longer pauses, and nobody waits for that.
   *
   * @throws the signal's reason.
   */
  async read(signal: AbortSignal): Promise<void> {
    const { scopes } = this.#dependencies;
    const known = await this.#known();
    const reachable = await scopes.withScaleSets();
    await this.#giveUpUnreachable(known, reachable);
    await Promise.all(reachable.map((scope) => this.#readOne(scope, setsOf(scope, known), signal)));
  }

  /** Ends attempts that are under way. */
  close(): void {
    this.#ended.abort();
  }

  /** Resolves when no path that has failed is being asked again. */
  async settled(): Promise<void> {
    await Promise.all(this.#asking.values());
  }

  /** The jobs as they were read last. Those that no runner can be made for are left out, and told. */
  async demand(): Promise<FormerDemand> {
    const known = await this.#known();
    const found = (await this.#dependencies.scopes.withScaleSets()).map((scope) =>
      this.#demandOf(scope, setsOf(scope, known)),
    );
    return {
      assigned: found.reduce((sum, { assigned }) => sum + assigned, 0),
      running: found.reduce((sum, { running }) => sum + running, 0),
      scopes: found.flatMap(({ scopes }) => scopes),
      untried: found.flatMap(({ untried }) => untried),
      notices: found.flatMap(({ notices }) => notices),
    };
  }

  /** Deletes the scale sets, for a unit that is removed. Best effort. */
  async deleteAll(signal: AbortSignal): Promise<void> {
    const { log, scopes } = this.#dependencies;
    const known = await this.#known();
    for (const { address, scaleSets } of await scopes.withScaleSets()) {
      try {
        await withDeadline("delete a former scale set", DEADLINE_MS, signal, (limited) =>
          scaleSets.deleteAll(limited),
        );
      } catch (thrown) {
        signal.throwIfAborted();
        const names = namesOf(setsOf({ address }, known));
        log.warning("Cannot delete a former scale set", {
          path: address,
          scaleSets: names,
          reason: messageOf(thrown),
        });
      }
    }
  }

  async #readOne(
    scope: ScopeWithScaleSets,
    known: readonly KnownScaleSet[],
    signal: AbortSignal,
  ): Promise<void> {
    const { clock } = this.#dependencies;
    const { address, fault, isSilent = false, key } = scope;
    if (known.length === 0 || isSilent || fault?.at === "figures") this.#readings.delete(key);
    if (known.length === 0) return;
    if (isSilent) return this.#endUnread(address, known, SILENT);
    if (fault?.at === "figures") {
      // It is given up after one more attempt, so that nothing is left of one that is back.
      if (isDue(fault, clock.now()))
        this.#askBeside(key, signal, (limited) => this.#ask(scope, known, limited));
      return;
    }
    await this.#ask(scope, known, signal);
    const isWanted = (this.#readings.get(key)?.figures.missing ?? 0) > 0;
    if (fault?.at === "registration" && isWanted && isDue(fault, clock.now()))
      this.#askBeside(key, signal, (limited) => this.#tryRegistration(scope, limited));
  }

  async #ask(scope: ScopeWithScaleSets, known: readonly KnownScaleSet[], signal: AbortSignal): Promise<void> {
    const { scopes } = this.#dependencies;
    const { address, fault, key, scaleSets } = scope;
    try {
      const figures = await withDeadline("read a former scale set", DEADLINE_MS, signal, (limited) =>
        scaleSets.figures(limited),
      );
      if (fault?.at === "figures") await scopes.noteFault(scope, undefined);
      this.#readings.set(key, { figures, fault: fault?.at === "figures" ? undefined : fault });
    } catch (thrown) {
      signal.throwIfAborted();
      this.#readings.delete(key);
      await scopes.noteFault(scope, { at: "figures", thrown });
      await this.#endUnread(address, known, faultReason(thrown));
    }
  }

  /** Costs no runner's place. */
  async #tryRegistration(scope: ScopeWithScaleSets, signal: AbortSignal): Promise<void> {
    const { nextName, scopes } = this.#dependencies;
    try {
      await withDeadline("register a runner there", DEADLINE_MS, signal, (limited) =>
        scope.scaleSets.checkRegistration(nextName(), limited),
      );
      await scopes.noteFault(scope, undefined);
    } catch (thrown) {
      signal.throwIfAborted();
      await scopes.noteFault(scope, { at: "registration", thrown });
    }
  }

  /** Asks a path again that has failed, while runners of the present one are worked on: what comes of it counts the next time. */
  #askBeside(key: string, signal: AbortSignal, work: (limited: AbortSignal) => Promise<void>): void {
    if (this.#asking.has(key)) return;
    const asked = work(AbortSignal.any([signal, this.#ended.signal]))
      .catch((thrown: unknown) => {
        this.#dependencies.log.debug("Cannot ask a former path again", { reason: messageOf(thrown) });
      })
      .finally(() => this.#asking.delete(key));
    this.#asking.set(key, asked);
  }

  #demandOf(
    { address, fault: now, isSilent = false, key }: ScopeWithScaleSets,
    known: readonly KnownScaleSet[],
  ): FormerDemand {
    const { clock } = this.#dependencies;
    const nothing = { assigned: 0, running: 0, scopes: [], untried: [], notices: [] };
    // Runners there serve nobody any more.
    if (known.length === 0) return { ...nothing, scopes: [{ scopeKey: key, waiting: 0, missing: 0 }] };
    const { figures, fault: before } = this.#readings.get(key) ?? {};
    // One that has ended since counts no longer with the next reading.
    const fault = now ?? before;
    const reason = fault?.reason ?? (isSilent ? SILENT : undefined);
    const until = Math.max(...known.map(waitsUntil));
    const notices = reason === undefined ? [] : [describeUnserved(address, reason, until)];
    if (figures === undefined) return { ...nothing, notices };
    const { assigned, missing, running } = servedJobs(figures, fault !== undefined);
    const isWanted = figures.missing > 0;
    return {
      ...{ assigned, running },
      scopes: [
        { scopeKey: key, waiting: Math.max(0, assigned - running), missing, isFaulty: fault !== undefined },
      ],
      untried: fault?.at === "start" && isWanted && isDue(fault, clock.now()) ? [key] : [],
      notices: isWanted ? notices : [],
    };
  }

  /** Gives up what cannot be asked once no job can wait there any more. */
  async #endUnread(address: string, known: readonly KnownScaleSet[], reason: string): Promise<void> {
    if (this.#dependencies.clock.now() >= Math.max(...known.map(waitsUntil)))
      await this.#forget(address, known, reason);
  }

  /** Without credentials nobody can ask for their jobs. */
  async #giveUpUnreachable(
    known: readonly KnownScaleSet[],
    reachable: readonly ScopeWithScaleSets[],
  ): Promise<void> {
    const addresses = new Set(reachable.map(({ address }) => address));
    const lost = new Set(known.map(({ scope }) => scope).filter((scope) => !addresses.has(scope)));
    for (const address of lost)
      await this.#forget(address, setsOf({ address }, known), "no credentials are known");
  }

  async #known(): Promise<readonly KnownScaleSet[]> {
    const { ledger, present } = this.#dependencies;
    return ((await ledger.read()) ?? []).filter(({ scope }) => scope !== present);
  }

  /** Gives up the scale sets of a former path. Best effort: what cannot be stored is given up again at the next read. */
  async #forget(address: string, known: readonly KnownScaleSet[], reason: string): Promise<void> {
    const { ledger, log } = this.#dependencies;
    const scaleSets = namesOf(known);
    log.warning("The scale set of a former path is given up", { path: address, scaleSets, reason });
    const others = ((await ledger.read()) ?? []).filter(({ scope }) => scope !== address);
    await ledger.write(others.length === 0 ? null : others).catch((thrown: unknown) => {
      log.warning("Cannot store the unit's scale sets", { reason: messageOf(thrown) });
    });
  }
}

const SILENT = "its GitHub does not answer";

/** Those of one path. */
function setsOf(
  { address }: Pick<ScopeWithScaleSets, "address">,
  known: readonly KnownScaleSet[],
): readonly KnownScaleSet[] {
  return known.filter(({ scope }) => scope === address);
}

/** For a person who deletes them on GitHub. */
function namesOf(known: readonly KnownScaleSet[]): string {
  return known.map(({ id, name }) => `${name} (${id})`).join(", ");
}

/**
 * What a person should know of a former path whose jobs get no runners. Pure.
 *
 * @param until when it is given up, in milliseconds since the Unix epoch.
 */
export function describeUnserved(address: string, reason: string, until: number): string {
  const end = Number.isFinite(until) ? `, and given up at ${utcMinute(until)}` : "";
  return `jobs of the former path ${address} get no runners: ${reason}; tried again${end}`;
}
