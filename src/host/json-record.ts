import { mkdir } from "node:fs/promises";
import { dirname } from "node:path";
import { readJSONFile, removeFile, writeFileAtomically, type Logger } from "charm-kit";

/** The file of a value and its parser. */
export interface JsonRecordOptions<T> {
  /** Absolute; a missing directory is created. */
  readonly path: string;
  /** Parses the file's content; `null` when it is invalid. */
  readonly parse: (stored: unknown) => T | null;
  /** Gets a warning when the file is damaged. */
  readonly log: Logger;
}

/** Stores one value in a file that only root can read. A kill or a power cut leaves the old or the new value. */
export class JsonRecord<T> {
  readonly #options: JsonRecordOptions<T>;

  constructor(options: JsonRecordOptions<T>) {
    this.#options = options;
  }

  /** @returns `null` when the file is missing or damaged. Damage is logged. */
  async read(): Promise<T | null> {
    const { path, parse, log } = this.#options;
    const value = await readJSONFile(
      path,
      (stored) => parse(stored) ?? undefined,
      (reason) => {
        log.warning("Ignoring a damaged file", { path, reason });
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
