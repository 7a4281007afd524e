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

/**
 * Of Node.js, for a process that stays, has little to compute and shares its machine with runners: V8 keeps a small heap, makes
 * machine code of nothing (of undici's WebAssembly only the quick kind) and returns memory when nothing happens. Without
 * these it takes half as much memory again, and no less processor time in a round.
 */
const FLAGS: readonly string[] = [
  "--max-semi-space-size=1",
  "--optimize-for-size",
  "--no-opt",
  "--no-maglev",
  "--no-sparkplug",
  "--liftoff-only",
];

/**
 * Arguments of Node.js for the service.
 *
 * @param charmDirectory of the unpacked charm.
 * @param slug the unit's name in other names, such as `runners-0`.
 */
export function serviceWords(charmDirectory: string, slug: string): readonly string[] {
  return [...FLAGS, serviceProgram(charmDirectory), slug];
}
