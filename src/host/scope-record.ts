import { isRecord, type Logger } from "charm-kit";
import type { RetryPause } from "../network/retry-pause.ts";
import { JsonRecord } from "./json-record.ts";

/** Credentials of a registration scope. Secret. */
export type ScopeCredentials =
  | { readonly token: string }
  | { readonly clientId: string; readonly installationId: number; readonly privateKey: string };

/** A registration scope, as stored in the file. The names are those of earlier versions of the charm. */
export interface ScopeEntry {
  readonly key: string;
  /** Address of the GitHub, such as `https://github.com`. */
  readonly githubUrl: string;
  /** `owner/repo`, an organisation, or `enterprises/<slug>`. */
  readonly path: string;
  readonly credentials: ScopeCredentials;
  /** When the configuration changed to another scope, in milliseconds since the Unix epoch; left out of the present one. */
  readonly leftAt?: number;
  /** Attempts since its GitHub has stopped answering, and when it is asked again; left out while it answers. */
  readonly silence?: RetryPause;
  /** Why jobs of a scale set there get no runners; left out while they get some. */
  readonly fault?: ScopeFault;
}

/** What is wrong with the scale sets of a former scope. */
export interface ScopeFault extends RetryPause {
  /** What has failed: to read how many jobs they have, to register a runner for one, or its start. */
  readonly at: "figures" | "registration" | "start";
  readonly reason: string;
}

/**
 * Keeps the registration scopes of the unit in a file that only root may read, so that registrations in a former scope
 * can be deleted with the credentials of that time. The file is deleted with its last entry.
 */
export class ScopeRecord {
  readonly #record: JsonRecord<readonly ScopeEntry[]>;

  /**
   * @param path absolute; a missing directory is created.
   * @param log gets a warning when the file is damaged.
   */
  constructor(path: string, log: Logger) {
    this.#record = new JsonRecord({ path, log, parse: (stored) => readEntries(stored, path, log) });
  }

  /** Damaged entries are left out: instances are removed without them, and GitHub forgets registrations by itself. */
  async read(): Promise<readonly ScopeEntry[]> {
    return (await this.#record.read()) ?? [];
  }

  /** Replaces the entries. */
  async write(entries: readonly ScopeEntry[]): Promise<void> {
    await this.#record.write(entries.length === 0 ? null : entries);
  }
}

function readEntries(stored: unknown, path: string, log: Logger): readonly ScopeEntry[] | null {
  if (!Array.isArray(stored)) return null;
  const entries = stored.filter(isEntry);
  const damaged = stored.length - entries.length;
  if (damaged > 0) log.warning("Ignoring damaged registration scopes", { path, entries: damaged });
  return entries;
}

function isEntry(stored: unknown): stored is ScopeEntry {
  if (!isRecord(stored)) return false;
  const { key, githubUrl, path, credentials, leftAt, silence, fault } = stored;
  return (
    isText(key) &&
    isText(githubUrl) &&
    URL.canParse(githubUrl) &&
    isText(path) &&
    isCredentials(credentials) &&
    (leftAt === undefined || typeof leftAt === "number") &&
    (silence === undefined || isSilence(silence)) &&
    (fault === undefined || isFault(fault))
  );
}

function isFault(stored: unknown): boolean {
  if (!isRecord(stored) || !isText(stored["reason"])) return false;
  return isSilence(stored) && ["figures", "registration", "start"].some((at) => at === stored["at"]);
}

function isSilence(stored: unknown): boolean {
  return (
    isRecord(stored) && typeof stored["failures"] === "number" && typeof stored["nextTryAt"] === "number"
  );
}

function isCredentials(stored: unknown): stored is ScopeCredentials {
  if (!isRecord(stored)) return false;
  if ("token" in stored) return isText(stored["token"]);
  const { clientId, installationId, privateKey } = stored;
  return isText(clientId) && typeof installationId === "number" && isText(privateKey);
}

function isText(value: unknown): value is string {
  return typeof value === "string" && value !== "";
}
