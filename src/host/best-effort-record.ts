import { messageOf, type Logger } from "charm-kit";
import type { JsonRecord } from "./json-record.ts";

export interface BestEffortRecordOptions<T> {
  readonly stored: Pick<JsonRecord<T>, "read" | "write">;
  /** What the log calls the value, such as `application.json`. */
  readonly name: string;
  readonly log: Logger;
}

/**
 * A value whose loss costs a request or a retry, and never a runner: where it cannot be stored, as on a full disk, this
 * process goes on with it.
 */
export class BestEffortRecord<T> {
  readonly #options: BestEffortRecordOptions<T>;
  /** What could not be stored. */
  #unstored: { readonly value: T | null } | undefined;

  constructor(options: BestEffortRecordOptions<T>) {
    this.#options = options;
  }

  async read(): Promise<T | null> {
    if (this.#unstored) await this.write(this.#unstored.value);
    return this.#unstored ? this.#unstored.value : this.#options.stored.read();
  }

  /** Never fails: that the value cannot be stored is logged once, and tried again with each use. */
  async write(value: T | null): Promise<void> {
    const { log, name, stored } = this.#options;
    try {
      await stored.write(value);
      this.#unstored = undefined;
    } catch (thrown) {
      if (!this.#unstored)
        log.warning("Cannot store a record; this process goes on with it", {
          name,
          reason: messageOf(thrown),
        });
      this.#unstored = { value };
    }
  }
}
