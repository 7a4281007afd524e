import type { RunnerStorage } from "../unit/ports.ts";
import { existsSync } from "node:fs";
import { isRecord, type Logger } from "charm-kit";
import { JsonRecord } from "./json-record.ts";
import { POOL_METHODS, type PoolChoice } from "./pool-choice.ts";

/** The backing storage of a unit's pool, decided once for the unit's lifetime. */
export interface PoolDecision extends PoolChoice {
  readonly kind: RunnerStorage;
}

/** Stores the decision in a file. */
export class PoolRecord {
  readonly #path: string;
  readonly #record: JsonRecord<PoolDecision>;

  /**
   * @param path absolute; a missing directory is created.
   * @param log gets a warning when the file is damaged.
   */
  constructor(path: string, log: Logger) {
    this.#path = path;
    this.#record = new JsonRecord({ path, parse: parseDecision, log });
  }

  /** Undefined before the decision. */
  async read(): Promise<PoolDecision | "damaged" | undefined> {
    const isThere = existsSync(this.#path);
    return (await this.#record.read()) ?? (isThere ? "damaged" : undefined);
  }

  async write(decision: PoolDecision): Promise<void> {
    await this.#record.write(decision);
  }

  async remove(): Promise<void> {
    await this.#record.write(null);
  }
}

function parseDecision(stored: unknown): PoolDecision | null {
  if (!isRecord(stored)) return null;
  const { driver, kind } = stored;
  const method = POOL_METHODS.find((name) => name === stored["method"]);
  if (method === undefined || typeof driver !== "string") return null;
  return kind === "juju-storage" || kind === "memory" ? { method, driver, kind } : null;
}
