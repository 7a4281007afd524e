import { mkdir, open, readFile, rename, rm } from "node:fs/promises";
import { dirname } from "node:path";

/** Where a value is kept, and how it is read back. */
export interface JsonRecordOptions<T> {
  /** Absolute; its directory is made when it is missing. */
  readonly path: string;
  /** Reads what the file holds; `null` for what is no such value. */
  readonly parse: (stored: unknown) => T | null;
}

/** Keeps one value in a file that only root may read. A process that is killed at any moment leaves the old or the new one. */
export class JsonRecord<T> {
  readonly #options: JsonRecordOptions<T>;

  constructor(options: JsonRecordOptions<T>) {
    this.#options = options;
  }

  /** @returns `null` where there is none; a file that cannot be read counts as missing. */
  async read(): Promise<T | null> {
    const { path, parse } = this.#options;
    try {
      return parse(JSON.parse(await readFile(path, "utf8")));
    } catch {
      return null;
    }
  }

  /** @param value `null` deletes the file. */
  async write(value: T | null): Promise<void> {
    const { path } = this.#options;
    if (value === null) {
      await rm(path, { force: true });
      return;
    }
    await mkdir(dirname(path), { recursive: true, mode: 0o700 });
    const draft = `${path}.new`;
    // A draft of a killed process might have other rights.
    await rm(draft, { force: true });
    const file = await open(draft, "wx", 0o600);
    try {
      await file.writeFile(JSON.stringify(value));
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(draft, path);
  }
}
