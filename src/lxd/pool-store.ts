import type { Config } from "lxd-client";
import type { SpaceNeed } from "./pool-space.ts";

/** Driver and configuration of a pool on its backing storage. */
export interface PoolBacking {
  /** Such as `btrfs`. */
  readonly driver: string;
  /** The pool's configuration, such as its `source`. */
  readonly config: Config;
  /** Available bytes. */
  readonly room: number;
  /** Whether others use the disk below it. */
  readonly isShared: boolean;
  /** Whether the data of an existing pool is gone, such as a pool in memory after a reboot. */
  readonly lost: boolean;
}

/** A storage pool as LXD knows it. */
export interface KnownPool {
  readonly driver: string;
  readonly source: string | undefined;
}

/** The requirements on a pool. */
export interface PoolDemand {
  /** Names of LXD's storage drivers, the better ones first. */
  readonly drivers: readonly string[];
  readonly need: SpaceNeed;
  /** LXD's record of the pool, if it exists. */
  readonly known: KnownPool | undefined;
  /** What LXD's other pools are on. */
  readonly sources: readonly string[];
}

/** The backing storage of a unit's pool. */
export interface PoolStore {
  /** Prepares the backing storage, also after a reboot. Safe to repeat. */
  prepare(demand: PoolDemand, signal: AbortSignal): Promise<PoolBacking>;
  /** Repairs prepared storage, such as a missing mount, and reserves its space. Does not recreate lost data. */
  attach(known: KnownPool, signal: AbortSignal): Promise<void>;
  /**
   * Recreates a lost pool with the empty volumes that LXD needs to delete its records.
   *
   * @param containers names of LXD's containers in the pool.
   * @param forget deletes those records. The pool counts as lost until then.
   * @returns what that returns.
   */
  restore<T>(containers: readonly string[], forget: () => Promise<T>, signal: AbortSignal): Promise<T>;
  /** Deletes the backing storage. The pool must be deleted first. */
  remove(signal: AbortSignal): Promise<void>;
}
