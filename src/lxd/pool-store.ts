import type { Config } from "lxd-client";
import type { SpaceNeed } from "./pool-space.ts";

/** How LXD is to keep a pool. */
export interface PoolPlace {
  /** Such as `btrfs`. */
  readonly driver: string;
  /** Of the pool, such as its `source`. */
  readonly config: Config;
  /** Bytes that there are for it. */
  readonly room: number;
  /** Whether what a pool that LXD knows had there is gone, as after a restart of the machine from its memory. */
  readonly lost: boolean;
}

/** Where on the machine a unit's pool is kept. */
export interface PoolStore {
  /**
   * Makes the place ready, as after a restart of the machine. Safe to repeat.
   *
   * @param drivers that LXD offers.
   */
  prepare(drivers: readonly string[], need: SpaceNeed, signal: AbortSignal): Promise<PoolPlace>;
  /** Makes ready again what was made ready once and is missing, such as a mount; leaves undone what was lost with it. */
  attach(signal: AbortSignal): Promise<void>;
  /**
   * Makes of a lost pool what LXD has to find so that it can take away what it knows of it.
   *
   * @param containers names of those that it has there.
   */
  restore(containers: readonly string[], signal: AbortSignal): Promise<void>;
  /** Takes the place away; the pool has to be gone. */
  remove(signal: AbortSignal): Promise<void>;
}
