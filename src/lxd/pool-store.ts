import type { Config } from "lxd-client";
import type { SpaceNeed } from "./pool-space.ts";

/** Driver and configuration of a pool on its backing storage. */
export interface PoolBacking {
  /** Such as `btrfs`. */
  readonly driver: string;
  /** Of the pool, such as its `source`. */
  readonly config: Config;
  /** Bytes that there are for it. */
  readonly room: number;
  /** Whether what a pool that LXD knows had there is gone, as after a restart of the machine from its memory. */
  readonly lost: boolean;
}

/** A storage pool as LXD knows it. */
export interface KnownPool {
  readonly driver: string;
  readonly source: string | undefined;
}

/** The requirements on a pool. */
export interface PoolDemand {
  /** Names of LXD's storage drivers. */
  readonly drivers: readonly string[];
  readonly need: SpaceNeed;
  /** LXD's record of the pool, if it exists. */
  readonly known: KnownPool | undefined;
}

/** Where on the machine a unit's pool is kept. */
export interface PoolStore {
  /** Makes the backing storage ready, also after a restart of the machine. Safe to repeat. */
  prepare(demand: PoolDemand, signal: AbortSignal): Promise<PoolBacking>;
  /** Makes ready again what was made ready once and is missing, such as a mount; leaves undone what was lost with it. */
  attach(known: KnownPool, signal: AbortSignal): Promise<void>;
  /**
   * Makes of a lost pool what LXD has to find so that it can take away what it knows of it.
   *
   * @param containers names of LXD's containers in the pool.
   */
  restore(containers: readonly string[], signal: AbortSignal): Promise<void>;
  /** Deletes the backing storage; the pool must be gone. */
  remove(signal: AbortSignal): Promise<void>;
}
