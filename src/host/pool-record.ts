import type { RunnerStorage } from "../unit/ports.ts";
import { existsSync } from "node:fs";
import { isRecord, type Logger } from "charm-kit";
import { JsonRecord } from "./json-record.ts";
import type { PoolFile } from "./pool-claims.ts";
import { POOL_METHODS, type PoolChoice } from "./pool-choice.ts";

/** The backing storage of a unit's pool, decided once for the unit's lifetime. */
export interface PoolDecision extends PoolChoice {
  readonly kind: RunnerStorage;
  /**
   * Whether LXD has not had the pool yet: what there is of it then comes from a creation that failed or was killed, and
   * holds nothing. @default false
   */
  readonly isPending?: boolean;
  /** Whether the pool's data is gone, and LXD still has records of it. @default false */
  readonly isLost?: boolean;
  /** The pool's file. Stored before the file exists, so that it is the unit's own, and its size known to other units. */
  readonly file?: PoolFile;
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

  /** LXD has the pool. */
  async confirm({ isPending: _, ...confirmed }: PoolDecision): Promise<PoolDecision> {
    await this.write(confirmed);
    return confirmed;
  }

  /** What is in the pool now is all that LXD has records of. */
  async found({ isLost: _, ...found }: PoolDecision): Promise<PoolDecision> {
    await this.write(found);
    return found;
  }

  async remove(): Promise<void> {
    await this.#record.write(null);
  }
}

/** Parses a stored decision; `null` when it is invalid. Pure. */
export function parseDecision(stored: unknown): PoolDecision | null {
  if (!isRecord(stored)) return null;
  const { driver, kind, isPending, isLost } = stored;
  const method = POOL_METHODS.find((name) => name === stored["method"]);
  if (method === undefined || typeof driver !== "string") return null;
  if (kind !== "juju-storage" && kind !== "memory") return null;
  const file = parseFile(stored["file"]);
  return {
    ...{ method, driver, kind },
    ...(isPending === true && { isPending }),
    ...(isLost === true && { isLost }),
    ...(file && { file }),
  };
}

function parseFile(stored: unknown): PoolFile | undefined {
  if (!isRecord(stored)) return undefined;
  const { path, bytes } = stored;
  return typeof path === "string" && typeof bytes === "number" ? { path, bytes } : undefined;
}
