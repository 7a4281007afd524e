import { JsonRecord } from "./json-record.ts";

/** A place where the unit has registered runners, and what it proved itself with. */
export interface PlaceEntry {
  readonly key: string;
  /** Address of the GitHub, such as `https://github.com`. */
  readonly githubUrl: string;
  /** `owner/repo`, an organisation, or `enterprises/<slug>`. */
  readonly path: string;
  /** Secret. Its form is the caller's matter. */
  readonly credentials: Readonly<Record<string, string | number>>;
  /** When the unit turned to another place, in milliseconds since the Unix epoch; left out of the present one. */
  readonly leftAt?: number;
}

/**
 * Keeps the places where the unit has registered runners in a file that only root may read, so that registrations at a
 * former place can be deleted with the credentials of that time. The file goes with its last entry.
 */
export class PlaceRecord {
  readonly #record: JsonRecord<readonly PlaceEntry[]>;

  /** @param path absolute; its directory is made when it is missing. */
  constructor(path: string) {
    this.#record = new JsonRecord({
      path,
      parse: (stored) => (Array.isArray(stored) ? stored.filter(isEntry) : null),
    });
  }

  /** What cannot be read counts as not there: instances go without it, and GitHub forgets registrations by itself. */
  async read(): Promise<readonly PlaceEntry[]> {
    return (await this.#record.read()) ?? [];
  }

  /** Puts the entries in place of the former ones. */
  async write(entries: readonly PlaceEntry[]): Promise<void> {
    await this.#record.write(entries.length === 0 ? null : entries);
  }
}

function isEntry(stored: unknown): stored is PlaceEntry {
  const { key, githubUrl, path, credentials } = Object(stored) as Partial<Record<keyof PlaceEntry, unknown>>;
  const texts = [key, githubUrl, path].every((text) => typeof text === "string");
  return texts && typeof credentials === "object" && credentials !== null;
}
