import type { Hash, HashOptions } from "node:crypto";

/** Loads `node:crypto` when a hash is made: an import of it would add a tenth to each dispatch of a charm. */
export function createHash(algorithm: string, options?: HashOptions): Hash {
  return process.getBuiltinModule("node:crypto").createHash(algorithm, options);
}
