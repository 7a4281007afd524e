/** The backing storage of a pool. */
export type PoolMethod = (typeof POOL_METHODS)[number];

/** The kinds of backing storage. */
export const POOL_METHODS = [
  /** A loop file that LXD manages. */
  "lxd",
  /** A subvolume on a btrfs mount. */
  "subvolume",
  /** A btrfs loop file on the mount. */
  "loop",
  /** A ZFS pool in a file on the mount. */
  "zpool",
  /** A directory on the mount, with full copies. */
  "directory",
] as const;

/** Facts that decide the backing storage. */
export interface PoolFacts {
  /** Whether the unit has a mount for the pool: Juju storage or a tmpfs. */
  readonly mount: boolean;
  /** Whether that mount is btrfs. */
  readonly btrfs: boolean;
  /** LXD's storage drivers. */
  readonly drivers: readonly string[];
  /** The installed ones of `mkfs.btrfs` and `zpool`. */
  readonly programs: readonly string[];
  /** Whether the kernel has loop devices. */
  readonly loop: boolean;
}

/** The decision about a pool. */
export interface PoolChoice {
  readonly method: PoolMethod;
  /** LXD's name of the driver. */
  readonly driver: string;
}

/** A storage pool as LXD knows it. */
export interface KnownPool {
  readonly driver: string;
  readonly source: string | undefined;
}

/** The pool's `source` in LXD for each kind of backing storage. */
export interface PoolSources {
  readonly direct: string;
  readonly loop: string;
  readonly zpool: string;
}

/** Recognises the backing storage of a pool from LXD's record. Pure. */
export function recognisePool({ driver, source }: KnownPool, sources: PoolSources): PoolChoice {
  if (source === sources.direct) return { method: driver === "dir" ? "directory" : "subvolume", driver };
  if (source === sources.loop) return { method: "loop", driver };
  if (source === sources.zpool) return { method: "zpool", driver };
  return { method: "lxd", driver };
}

/** Chooses the best backing storage: copy-on-write clones with disk limits where possible. Pure. */
export function choosePool({ mount, btrfs, drivers, programs, loop }: PoolFacts): PoolChoice {
  if (!mount) {
    return { method: "lxd", driver: ["zfs", "btrfs"].find((name) => drivers.includes(name)) ?? "dir" };
  }
  if (drivers.includes("btrfs") && btrfs) return { method: "subvolume", driver: "btrfs" };
  if (drivers.includes("zfs") && programs.includes("zpool")) return { method: "zpool", driver: "zfs" };
  if (drivers.includes("btrfs") && programs.includes("mkfs.btrfs") && loop) {
    return { method: "loop", driver: "btrfs" };
  }
  return { method: "directory", driver: "dir" };
}

/** The loop file's share of the free bytes on the unit's own mount. The file system uses the rest. */
const SHARE_OF_MOUNT = 0.95;
/** The loop file's share of the machine's disk, which others use too. */
const SHARE_OF_DISK = 0.6;
const MOST_OF_DISK = 0.9;
/** Linux's default size of a tmpfs, as a share of the memory. */
const SHARE_OF_MEMORY = 0.5;
/** The unit of loop file sizes. */
const BLOCK = 2 ** 20;

/** Bytes of a loop file on the unit's own mount. Pure. */
export function sizeOnMount(free: number): number {
  return toBlocks(free * SHARE_OF_MOUNT);
}

/** Bytes of a sparse loop file on the machine's disk. Pure. */
export function sizeOnDisk(free: number, required: number): number {
  return toBlocks(Math.max(free * SHARE_OF_DISK, Math.min(required, free * MOST_OF_DISK)));
}

/** Bytes of a tmpfs: the requirement and file system overhead, at most half the memory. Pure. */
export function sizeInMemory(memory: number, required: number): number {
  return toBlocks(Math.min(memory * SHARE_OF_MEMORY, required / SHARE_OF_MOUNT + 64 * BLOCK));
}

function toBlocks(bytes: number): number {
  return Math.floor(bytes / BLOCK) * BLOCK;
}
