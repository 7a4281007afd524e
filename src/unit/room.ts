import { parseSize } from "charm-kit";
import type { Memory } from "../host/shortages.ts";
import type { Configuration } from "./configuration.ts";

/** Of the machine's memory: what stays free where standby instances are kept, and where new ones are made. */
const FREE = { keep: 0.05, make: 0.1 } as const;
/** What a system that waits takes, in bytes. */
const CONTAINER = 256 * 2 ** 20;
const VIRTUAL_MACHINE = 2 ** 30;

/** Most runners in place of lost ones: a unit without runners has lost none. Pure. */
export function replacementsOf({
  count,
  replacements = 0,
}: Pick<Configuration, "count" | "replacements">): number {
  return count === 0 ? 0 : replacements;
}

/**
 * The number of standby instances for a machine's memory: all that its pool and network have room for, or none. Pure.
 *
 * @param room number that pool and network have room for.
 * @param memory undefined where nobody knows it: then it does not decide.
 * @param purpose whether instances that exist are kept, or new ones are made. That needs more, so that none comes and goes.
 */
export function standbyFor(
  { count, instanceType, resources }: Pick<Configuration, "count" | "instanceType" | "resources">,
  room: number,
  memory: Memory | undefined,
  purpose: keyof typeof FREE,
): number {
  if (count === 0 || memory === undefined) return count === 0 ? 0 : room;
  const size = instanceType === "container" ? CONTAINER : VIRTUAL_MACHINE;
  const taken = purpose === "make" ? Math.min(size, parseSize(resources.memory) ?? size) : 0;
  return memory.available >= memory.total * FREE[purpose] + taken ? room : 0;
}
