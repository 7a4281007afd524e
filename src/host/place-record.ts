import { isRecord, type Logger } from "charm-kit";
import { JsonRecord } from "./json-record.ts";

/** What the unit proved itself with at a place. Secret. */
export type PlaceCredentials =
  | { readonly token: string }
  | { readonly clientId: string; readonly installationId: number; readonly privateKey: string };

/** A place where the unit has registered runners, and what it proved itself with. */
export interface PlaceEntry {
  readonly key: string;
  /** Address of the GitHub, such as `https://github.com`. */
  readonly githubUrl: string;
  /** `owner/repo`, an organisation, or `enterprises/<slug>`. */
  readonly path: string;
  readonly credentials: PlaceCredentials;
  /** When the unit turned to another place, in milliseconds since the Unix epoch; left out of the present one. */
  readonly leftAt?: number;
}

/**
 * Keeps the places where the unit has registered runners in a file that only root may read, so that registrations at a
 * former place can be deleted with the credentials of that time. The file goes with its last entry.
 */
export class PlaceRecord {
  readonly #record: JsonRecord<readonly PlaceEntry[]>;

  /**
   * @param path absolute; its directory is made when it is missing.
   * @param log told of damage.
   */
  constructor(path: string, log: Logger) {
    this.#record = new JsonRecord({ path, log, parse: (stored) => readEntries(stored, path, log) });
  }

  /** Damaged entries are left out: instances are removed without them, and GitHub forgets registrations by itself. */
  async read(): Promise<readonly PlaceEntry[]> {
    return (await this.#record.read()) ?? [];
  }

  /** Replaces the entries. */
  async write(entries: readonly PlaceEntry[]): Promise<void> {
    await this.#record.write(entries.length === 0 ? null : entries);
  }
}

function readEntries(stored: unknown, path: string, log: Logger): readonly PlaceEntry[] | null {
  if (!Array.isArray(stored)) return null;
  const entries = stored.filter(isEntry);
  const damaged = stored.length - entries.length;
  if (damaged > 0) log.warning("Damaged GitHub places are ignored", { path, entries: damaged });
  return entries;
}

function isEntry(stored: unknown): stored is PlaceEntry {
  if (!isRecord(stored)) return false;
  const { key, githubUrl, path, credentials, leftAt } = stored;
  return (
    isText(key) &&
    isText(githubUrl) &&
    URL.canParse(githubUrl) &&
    isText(path) &&
    isCredentials(credentials) &&
    (leftAt === undefined || typeof leftAt === "number")
  );
}

function isCredentials(stored: unknown): stored is PlaceCredentials {
  if (!isRecord(stored)) return false;
  if ("token" in stored) return isText(stored["token"]);
  const { clientId, installationId, privateKey } = stored;
  return isText(clientId) && typeof installationId === "number" && isText(privateKey);
}

function isText(value: unknown): value is string {
  return typeof value === "string" && value !== "";
}
