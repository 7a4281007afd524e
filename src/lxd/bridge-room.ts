import type { RunnerCapacity } from "../unit/ports.ts";
import type { PooledRunners } from "./lxd-pool.ts";
import { missingReplacements } from "./pool-space.ts";

/** Builder and template of a new image, and the template of the present one: each has a port, too. */
const IMAGE_INSTANCES = 3;

/** What of that which a pool can hold has a port of the bridge, beside the usual runners. */
export interface BridgeRoom {
  readonly replacements: number;
  readonly standby: number;
  /** Why there are fewer replacements than wanted; undefined if there are not. */
  readonly shortage: string | undefined;
}

/**
 * What a bridge has room for, of what the pool can hold. Pure. The usual runners come first, and standby instances last.
 *
 * @param ports number of the bridge's ports.
 */
export function bridgeRoom(
  { replacements: { count: pooled, shortage }, standby }: Pick<PooledRunners, "replacements" | "standby">,
  { count, replacements: wanted = 0 }: Pick<RunnerCapacity, "count" | "replacements">,
  ports: number,
): BridgeRoom {
  const free = Math.max(0, ports - count - IMAGE_INSTANCES);
  const replacements = Math.min(pooled, free);
  const room = `the runners' network has room for ${replacements}`;
  return {
    replacements,
    standby: Math.min(standby, free - replacements),
    shortage: replacements < pooled ? missingReplacements(wanted - replacements, wanted, room) : shortage,
  };
}
