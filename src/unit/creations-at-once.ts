import type { InstanceType } from "../runners/ports.ts";

/** Most runners that are created, or removed, at once. */
export const CONCURRENCY = 16;

/**
 * Most runners that are created at once. The boot of a virtual machine keeps a processor busy: more of them than processors make
 * each other late, until none is there within the time that a start may take. Pure.
 *
 * @param processors of the machine.
 */
export function creationsAtOnce(type: InstanceType, processors: number): number {
  return type === "container" ? CONCURRENCY : Math.min(CONCURRENCY, Math.max(1, processors));
}
