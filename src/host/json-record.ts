import { mkdir } from "node:fs/promises";
import { dirname } from "node:path";
import { readJSONFile, removeFile, writeFileAtomically, type Logger } from "charm-kit";

/** Where a value is kept, and how it is read back. */
export interface JsonRecordOptions<T> {
  /** Absolute; its directory is made when it is missing. */
  readonly path: string;
  /** Reads what the file holds; `null` for what is no such value. */
  readonly parse: (stored: unknown) => T | null;
  /** Told when the file is damaged. */
  readonly log: Logger;
}

/** Keeps one value in a file that only root may read. A kill or a power cut at any moment leaves the old or the new one. */
export class JsonRecord<T> {
  readonly #options: JsonRecordOptions<T>;

  constructor(options: JsonRecordOptions<T>) {
    this.#options = options;
  }

  /** @returns `null` where there is none; a damaged file counts as missing, and is logged. */
  async read(): Promise<T | null> {
    const { path, parse, log } = this.#options;
    const value = await readJSONFile(
      path,
      (stored) => parse(stored) ?? undefined,
      (reason) => {
        log.warning("A damaged file is ignored", { path, reason });
      },
    );
    return value ?? null;
  }

  /** @param value `null` deletes the file. */
  async write(value: T | null): Promise<void> {
    const { path } = this.#options;
    if (value === null) {
      await removeFile(path);
      return;
    }
    await mkdir(dirname(path), { recursive: true, mode: 0o700 });
    await writeFileAtomically(path, JSON.stringify(value), { mode: 0o600 });
  }
}
