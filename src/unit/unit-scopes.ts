import { createHash } from "node:crypto";
import type { ScopeEntry, ScopeRecord } from "../host/scope-record.ts";
import { isNoFormerJob, ledgerScope, type LeftScaleSets, type ScaleSetLedger } from "../github/index.ts";
import { FormerScopeError } from "../runners/errors.ts";
import type { Forge, FormerScope, RegistrationScopes } from "../runners/ports.ts";
import { CodedError, findCause, messageOf, type Clock, type Logger } from "charm-kit";
import { faultAfter, faultReason, type FormerFault } from "./former-faults.ts";
import { isPaused, type RetryPause } from "../network/retry-pause.ts";
import { PatientForge, SILENCE } from "./patient-forge.ts";

/** A path of one GitHub that runners register in, with the credentials for it. */
export type RegistrationScope = Omit<ScopeEntry, "key" | "leftAt" | "silence" | "fault">;

export interface UnitScopesDependencies {
  readonly record: ScopeRecord;
  /** Undefined while the configuration is invalid. */
  readonly present: RegistrationScope | undefined;
  readonly clock: Clock;
  /** Makes a client for a former scope; undefined where the record of it is unusable. */
  readonly openForge: (scope: RegistrationScope) => LeftForge | undefined;
  /** The scale sets that the unit has had: a scope is needed as long as one there has jobs. @default none have any */
  readonly scaleSets?: Pick<ScaleSetLedger, "read"> | undefined;
  /** Whether a GitHub that has not answered an earlier process is asked again at once. @default false */
  readonly isLastChance?: boolean;
  readonly log: Logger;
}

/** The client of a former scope. */
export type LeftForge = Forge & {
  /** @default the unit never had any there */
  readonly leftScaleSets?: LeftScaleSets | undefined;
};

/** A former scope with its scale sets. */
export interface ScopeWithScaleSets {
  readonly key: string;
  /** Address of the path, as in the ledger of scale sets. */
  readonly address: string;
  readonly scaleSets: Pick<LeftScaleSets, "checkRegistration" | "deleteAll" | "figures">;
  /** Whether its GitHub has not answered a short time ago, and is left alone. @default false */
  readonly isSilent?: boolean;
  /** Why its jobs get no runners; undefined while they get some. */
  readonly fault?: FormerFault | undefined;
}

/** Codes of the errors with which a scope refuses credentials. */
const REFUSALS: ReadonlySet<string> = new Set([
  "github-bad-credentials",
  "github-missing-permission",
  "github-not-found",
]);

/** The registration scopes of a unit: the one of its configuration, and those of its record. */
export class UnitScopes implements RegistrationScopes {
  readonly #dependencies: UnitScopesDependencies;
  readonly #present: ScopeEntry | undefined;
  readonly #forges = new Map<string, { readonly opened: LeftForge; readonly patient: Forge }>();
  /** Those that could not be stored. */
  readonly #faults = new Map<string, FormerFault | undefined>();
  #writes: Promise<void> = Promise.resolve();

  constructor(dependencies: UnitScopesDependencies) {
    this.#dependencies = dependencies;
    this.#present = dependencies.present && {
      ...dependencies.present,
      key: scopeKeyOf(dependencies.present),
    };
  }

  get present(): string | undefined {
    return this.#present?.key;
  }

  async remember(): Promise<void> {
    const { clock, record } = this.#dependencies;
    const present = this.#present;
    if (!present) return;
    const known = await record.read();
    const now = clock.now();
    const others = known
      .filter(({ key }) => key !== present.key)
      // A time in the future is from before the clock was set back.
      .map((entry) => ({ ...entry, leftAt: Math.min(entry.leftAt ?? now, now) }));
    const entries = [...others, present];
    if (JSON.stringify(entries) !== JSON.stringify(known)) await record.write(entries);
  }

  async former(): Promise<readonly FormerScope[]> {
    const { clock } = this.#dependencies;
    const needed = await this.#scopesOfScaleSets();
    return (await this.#entries()).flatMap((entry): readonly FormerScope[] => {
      const forge = this.#forgeOf(entry)?.patient;
      if (forge === undefined) return [];
      const { key, githubUrl, path, leftAt = clock.now() } = entry;
      const isNeeded = needed.has(addressOf(entry));
      const served = () => this.noteFault(entry, undefined);
      const failed = async (thrown: unknown) => {
        const at = findCause(thrown, FormerScopeError) ? "registration" : "start";
        if (!isNoFormerJob(thrown)) await this.noteFault(entry, { at, thrown });
      };
      const name = `${githubUrl}/${path}`;
      return [{ key, name, forge, leftAt, isNeeded, refuses: isRefusal, served, failed }];
    });
  }

  /** Former scopes that can have scale sets of the unit. */
  async withScaleSets(): Promise<readonly ScopeWithScaleSets[]> {
    const { clock } = this.#dependencies;
    return (await this.#entries()).flatMap((entry) => {
      const scaleSets = this.#forgeOf(entry)?.opened.leftScaleSets;
      if (scaleSets === undefined) return [];
      const { key, silence } = entry;
      const isSilent = silence !== undefined && isPaused(silence, SILENCE, clock.now());
      return [{ key, address: addressOf(entry), scaleSets, isSilent, fault: this.#faultOf(entry) }];
    });
  }

  /**
   * Notes what is wrong with the scale sets of a former scope, with ever longer pauses, or that nothing is any more. Best effort:
   * this process knows what cannot be stored.
   */
  async noteFault(
    { key }: Pick<ScopeEntry, "key">,
    failure: { readonly at: FormerFault["at"]; readonly thrown: unknown } | undefined,
  ): Promise<void> {
    const { clock, log } = this.#dependencies;
    const entry = (await this.#entries()).find((each) => each.key === key);
    const before = entry && this.#faultOf(entry);
    if (entry === undefined || (before === undefined && failure === undefined)) return;
    const reason = failure && faultReason(failure.thrown);
    const fault = failure && faultAfter(before, { at: failure.at, reason: reason ?? "" }, clock.now());
    const told = { path: addressOf(entry), reason };
    if (fault === undefined) log.info("Jobs of a former path get runners again", { path: told.path });
    else if (before?.reason === reason) log.debug("Jobs of a former path still get no runners", told);
    else log.warning("Jobs of a former path get no runners; trying again after ever longer pauses", told);
    try {
      await this.#change(key, (each) => withoutUndefined({ ...each, fault }));
      this.#faults.delete(key);
    } catch (thrown) {
      this.#faults.set(key, fault);
      log.warning("Cannot store what is wrong with a former path", { reason: messageOf(thrown) });
    }
  }

  #faultOf({ fault, key }: ScopeEntry): FormerFault | undefined {
    return this.#faults.has(key) ? this.#faults.get(key) : fault;
  }

  async #entries(): Promise<readonly ScopeEntry[]> {
    return (await this.#dependencies.record.read()).filter(({ key }) => key !== this.present);
  }

  async #scopesOfScaleSets(): Promise<ReadonlySet<string>> {
    const known = (await this.#dependencies.scaleSets?.read()) ?? [];
    return new Set(known.map(({ scope }) => scope));
  }

  /** One for each scope, which knows in all lists of this process whether its GitHub answers. */
  #forgeOf(entry: ScopeEntry): { readonly opened: LeftForge; readonly patient: Forge } | undefined {
    const known = this.#forges.get(entry.key);
    if (known) return known;
    const { clock, isLastChance = false, openForge } = this.#dependencies;
    const { key, silence, githubUrl, path, credentials } = entry;
    const forge = openForge({ githubUrl, path, credentials });
    if (forge === undefined) return undefined;
    const patient = new PatientForge({
      forge,
      clock,
      silence: isLastChance ? undefined : silence,
      isRefusal,
      remember: (later) => this.#rememberSilence(key, later),
    });
    const both = { opened: forge, patient };
    this.#forges.set(key, both);
    return both;
  }

  #rememberSilence(key: string, silence: RetryPause | undefined): Promise<void> {
    return this.#change(key, (entry) => withoutUndefined({ ...entry, silence }));
  }

  /** One after the other: former scopes are listed in parallel, and share a file. */
  #change(key: string, change: (entry: ScopeEntry) => ScopeEntry): Promise<void> {
    const written = this.#writes.then(async () => {
      const { record } = this.#dependencies;
      const entries = (await record.read()).map((entry) => (entry.key === key ? change(entry) : entry));
      await record.write(entries);
    });
    this.#writes = written.catch(() => undefined);
    return written;
  }

  async forget(key: string): Promise<void> {
    const { record } = this.#dependencies;
    const known = await record.read();
    await record.write(known.filter((entry) => entry.key !== key));
  }
}

/** An entry whose parts may be left out. */
type ChangedEntry = Omit<ScopeEntry, "silence" | "fault"> & {
  readonly silence?: RetryPause | undefined;
  readonly fault?: FormerFault | undefined;
};

function withoutUndefined({ fault, silence, ...entry }: ChangedEntry): ScopeEntry {
  return { ...entry, ...(silence && { silence }), ...(fault && { fault }) };
}

function addressOf({ githubUrl, path }: Pick<ScopeEntry, "githubUrl" | "path">): string {
  return ledgerScope(githubUrl, path);
}

function isRefusal(thrown: unknown): boolean {
  return thrown instanceof CodedError && REFUSALS.has(thrown.code);
}

/**
 * Identifies a scope. Credentials are not part of the key: another token for the same path lists and deletes the same
 * registrations.
 */
function scopeKeyOf({ githubUrl, path }: RegistrationScope): string {
  const text = `${githubUrl.toLowerCase()}/${path.toLowerCase()}`;
  return createHash("sha256").update(text).digest("hex").slice(0, 12);
}
