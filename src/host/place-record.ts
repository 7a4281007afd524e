import { mkdir, open, readFile, rename, rm } from "node:fs/promises";
import { dirname } from "node:path";

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
  readonly #path: string;

  /** @param path absolute; its directory is made when it is missing. */
  constructor(path: string) {
    this.#path = path;
  }

  /** What cannot be read counts as not there: instances go without it, and GitHub forgets registrations by itself. */
  async read(): Promise<readonly PlaceEntry[]> {
    try {
      const stored: unknown = JSON.parse(await readFile(this.#path, "utf8"));
      return Array.isArray(stored) ? stored.filter(isEntry) : [];
    } catch {
      return [];
    }
  }

  /** Puts the entries in place of the former ones, whatever moment the process is killed at. */
  async write(entries: readonly PlaceEntry[]): Promise<void> {
    if (entries.length === 0) {
      await rm(this.#path, { force: true });
      return;
    }
    await mkdir(dirname(this.#path), { recursive: true, mode: 0o700 });
    const draft = `${this.#path}.new`;
    // A draft of a killed process might have other rights.
    await rm(draft, { force: true });
    const file = await open(draft, "wx", 0o600);
    try {
      await file.writeFile(JSON.stringify(entries));
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(draft, this.#path);
  }
}

function isEntry(stored: unknown): stored is PlaceEntry {
  const { key, githubUrl, path, credentials } = Object(stored) as Partial<Record<keyof PlaceEntry, unknown>>;
  const texts = [key, githubUrl, path].every((text) => typeof text === "string");
  return texts && typeof credentials === "object" && credentials !== null;
}
