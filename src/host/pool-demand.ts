import type { KnownPool } from "./pool-choice.ts";

/** Driver and configuration of a pool on its backing storage. */
export interface StorageBacking {
  readonly driver: string;
  readonly config: Readonly<Record<string, string>>;
  /** Bytes. */
  readonly room: number;
  /** Whether others use the disk below it. */
  readonly isShared: boolean;
  /** Whether the pool's data is gone. */
  readonly lost: boolean;
}

/** Bytes that the runners need with copy-on-write clones and with full copies. */
interface SpaceNeed {
  readonly thin: number;
  readonly thick: number;
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
