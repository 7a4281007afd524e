import type { RunnerCapacity } from "../unit/ports.ts";
import type { PooledRunners } from "./lxd-pool.ts";

/** Builder and template of a new image, and the template of the present one: each has a port, too. */
const IMAGE_INSTANCES = 3;

/** What of that which a pool can hold has a port of the bridge, beside the usual runners. */
export interface BridgeRoom {
  readonly replacements: number;
  readonly standby: number;
  /** Why there are fewer replacements than wanted. */
  readonly notices: readonly string[];
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
  const missing = wanted - replacements;
  const ofBridge =
    replacements < pooled
      ? `${missing} of ${wanted} runners of lost-member-runners would be missing: the runners' network has room for ${replacements}`
      : shortage;
  return {
    replacements,
    standby: Math.min(standby, free - replacements),
    notices: ofBridge === undefined ? [] : [ofBridge],
  };
}
