/** Where the option `runner-storage` has the runners' disks. */
export type StorageKind = "juju-storage" | "memory";

/** How a pool is kept on the machine. */
export type PoolMethod = (typeof POOL_METHODS)[number];

/** The ways to keep a pool. */
export const POOL_METHODS = [
  /** In a loop file of LXD's own. */
  "lxd",
  /** In a subvolume of a mount that is btrfs itself. */
  "subvolume",
  /** In btrfs in a loop file on the mount. */
  "loop",
  /** In a ZFS pool in a file on the mount. */
  "zpool",
  /** In a directory of the mount, with whole copies. */
  "directory",
] as const;

/** What decides how a pool is kept. */
export interface PoolFacts {
  /** Whether the unit has a mount to keep it on: Juju's storage, or memory. */
  readonly mount: boolean;
  /** Whether that mount is btrfs. */
  readonly btrfs: boolean;
  /** Drivers that LXD offers. */
  readonly drivers: readonly string[];
  /** Programs that are on the machine, of `mkfs.btrfs` and `zpool`. */
  readonly programs: readonly string[];
  /** Whether the kernel has loop devices. */
  readonly loop: boolean;
}

/** What a pool was decided to be. */
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

/** What LXD names as the source of a pool that is kept in one of these ways. */
export interface PoolSources {
  readonly direct: string;
  readonly loop: string;
  readonly zpool: string;
}

/** Recognises how a pool was decided to be kept, by what LXD knows of it. Pure. */
export function recognisePool({ driver, source }: KnownPool, sources: PoolSources): PoolChoice {
  if (source === sources.direct) return { method: driver === "dir" ? "directory" : "subvolume", driver };
  if (source === sources.loop) return { method: "loop", driver };
  if (source === sources.zpool) return { method: "zpool", driver };
  return { method: "lxd", driver };
}

/** Chooses the best way to keep a pool: clones that share, with bounds that hold, wherever these can be had. Pure. */
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

/** Of the free bytes of a mount of the unit's own, those that its loop file takes; the rest is for its file system. */
const SHARE_OF_MOUNT = 0.95;
/** Of the machine's disk, which is not the unit's alone. */
const SHARE_OF_DISK = 0.6;
const MOST_OF_DISK = 0.9;
/** As much as Linux gives a tmpfs that names no size. */
const SHARE_OF_MEMORY = 0.5;
/** Loop files are counted in these. */
const BLOCK = 2 ** 20;

/** Bytes of a loop file on a mount of the unit's own. Pure. */
export function sizeOnMount(free: number): number {
  return toBlocks(free * SHARE_OF_MOUNT);
}

/** Bytes of a loop file on the machine's disk, which takes its space as it fills. Pure. */
export function sizeOnDisk(free: number, required: number): number {
  return toBlocks(Math.max(free * SHARE_OF_DISK, Math.min(required, free * MOST_OF_DISK)));
}

/** Bytes of a tmpfs: what is required and what file systems in it need themselves, as far as half the memory goes. Pure. */
export function sizeInMemory(memory: number, required: number): number {
  return toBlocks(Math.min(memory * SHARE_OF_MEMORY, required / SHARE_OF_MOUNT + 64 * BLOCK));
}

function toBlocks(bytes: number): number {
  return Math.floor(bytes / BLOCK) * BLOCK;
}
