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
  /** LXD's storage drivers, the better ones first. */
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
  const cloning = drivers.filter((name) => name === "zfs" || name === "btrfs");
  if (!mount) return { method: "lxd", driver: cloning[0] ?? "dir" };
  if (drivers.includes("btrfs") && btrfs) return { method: "subvolume", driver: "btrfs" };
  const isUsable = { zfs: programs.includes("zpool"), btrfs: programs.includes("mkfs.btrfs") && loop };
  const driver = cloning.find((name) => isUsable[name]);
  if (driver === undefined) return { method: "directory", driver: "dir" };
  return { method: driver === "zfs" ? "zpool" : "loop", driver };
}

/** The pool file's share of the free bytes on the unit's own mount. The file system uses the rest. */
const SHARE_OF_MOUNT = 0.95;
/** Linux's default size of a tmpfs, as a share of the memory. */
const SHARE_OF_MEMORY = 0.5;
/** The unit of pool file sizes. */
const BLOCK = 2 ** 20;
const GIB = 2 ** 30;

/** A file system that the pool shares with the machine or with other units. In bytes. */
export interface SharedDisk {
  readonly total: number;
  readonly free: number;
  /** By how much the files of other pools on it may still grow. */
  readonly claimed: number;
}

/** What stays free on a shared disk: a share of it, and at least 2 GiB. */
const FLOOR = 0.1;
const LEAST_FLOOR = 2 * GIB;
/** A unit's share of the room on a shared disk, with room to grow, and when its runners need more. */
const SHARE_OF_DISK = 0.5;
const MOST_OF_DISK = 0.75;
/** How often the room for the present runners suffices: for more runners later, since not every pool can grow. */
const GROWTH = 8;
const LEAST_GROWTH = 32 * GIB;

/** Bytes of a shared disk that units may take. Pure. */
export function roomOnDisk({ total, free, claimed }: SharedDisk): number {
  return Math.max(0, Math.floor(free - Math.max(total * FLOOR, LEAST_FLOOR) - claimed));
}

/**
 * Bytes of a pool file on a shared disk. Pure.
 *
 * The unit leaves a part of the room to the next one, and takes no more than its runners and more of them can need.
 */
export function sizeOnDisk(disk: SharedDisk, required: number): number {
  const room = roomOnDisk(disk);
  const share = Math.max(room * SHARE_OF_DISK, Math.min(required, room * MOST_OF_DISK));
  return toBlocks(Math.min(share, Math.max(required * GROWTH, LEAST_GROWTH)));
}

/** Bytes of a pool file on the unit's own mount. Pure. */
export function sizeOnMount(free: number): number {
  return toBlocks(free * SHARE_OF_MOUNT);
}

/** Bytes of a tmpfs: the requirement and file system overhead, at most half the memory. Pure. */
export function sizeInMemory(memory: number, required: number): number {
  return toBlocks(Math.min(memory * SHARE_OF_MEMORY, required / SHARE_OF_MOUNT + 64 * BLOCK));
}

function toBlocks(bytes: number): number {
  return Math.floor(bytes / BLOCK) * BLOCK;
}
