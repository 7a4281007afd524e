import { join } from "node:path";
import { recordDirectory } from "./unit-records.ts";
import type { UnitOnMachine } from "./unit-slug.ts";

/** Path of the service's socket. */
export function serviceSocket(context: UnitOnMachine): string {
  return join(recordDirectory(context), "service.sock");
}

/**
 * Path of the service's program.
 *
 * @param charmDirectory of the unpacked charm.
 */
export function serviceProgram(charmDirectory: string): string {
  return join(charmDirectory, "lib/service.mjs");
}
