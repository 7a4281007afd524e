import { createHash } from "node:crypto";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { readJSONFile, writeFileAtomically } from "charm-kit";

/**
 * Caches the last answer of each URL in a directory of the unit, so that the next process can send conditional
 * requests to GitHub. An unreadable file counts as missing and only costs a request.
 */
export class PageStore {
  readonly #directory: string;

  /** @param directory absolute; created when missing. */
  constructor(directory: string) {
    this.#directory = directory;
  }

  async get(url: string): Promise<unknown> {
    return readJSONFile(
      this.#path(url),
      (stored) => stored,
      () => undefined,
    );
  }

  async put(url: string, page: object): Promise<void> {
    const path = this.#path(url);
    await mkdir(this.#directory, { recursive: true, mode: 0o700 });
    await writeFileAtomically(path, JSON.stringify(page), { mode: 0o600, durable: false });
  }

  #path(url: string): string {
    return join(this.#directory, `${createHash("sha256").update(url).digest("hex")}.json`);
  }
}
