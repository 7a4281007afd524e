import { formatSize, parseSize, ConditionError } from "charm-kit";

/** The pool has no room for a single one of the configured runners. */
export class PoolTooSmallError extends ConditionError {
  readonly code = "pool-too-small";
  readonly remedy = "person";

  /** @param sizes in bytes: what one runner needs, and what the pool has. */
  constructor(
    runners: number,
    { required, present, isShared }: { readonly required: number } & Pick<PoolSpace, "present" | "isShared">,
  ) {
    const needs = runners === 1 ? "1 runner: it needs" : `any of ${runners} runners: one needs`;
    super(
      `Cannot keep ${needs} a storage pool of ${formatSize(required)}, and there are ${formatSize(present)}; ` +
        (isShared
          ? "lower vm-disk, free space on the machine's disk, or give the unit storage of its own"
          : "lower vm-disk, or give the unit more storage"),
    );
  }
}

/** Bytes that the configured runners need in a pool. */
export interface SpaceNeed {
  /** With copy-on-write clones, as on ZFS and btrfs. */
  readonly thin: number;
  /** With full copies. */
  readonly thick: number;
}

/** A pool as it is, or will be. */
export interface PoolSpace {
  /** LXD's name of the driver. */
  readonly driver: string;
  /** Bytes; 0 for an unknown number. */
  readonly present: number;
  /** Whether others use the disk below it. */
  readonly isShared: boolean;
}

/** What of the configured runners a pool can hold. */
export interface PoolCapacity {
  /** Number of runners. */
  readonly count: number;
  /** Why that is less than the configured number; undefined when it is not. */
  readonly shortage: string | undefined;
}

const MOST_FOR_IMAGE = 2 * 2 ** 30;

/**
 * The required bytes of a pool. Pure.
 *
 * Full copies: a disk for each runner, and one for the template. Copy-on-write clones: an image of 2 GiB, or of a disk if
 * that is smaller, and half a disk for each runner, since shared data counts towards each disk and jobs rarely fill
 * their disks at the same time.
 *
 * @param disk a runner's disk size, such as `10GiB`.
 */
export function spaceNeed(runners: number, disk: string): SpaceNeed {
  const size = parseSize(disk) ?? 0;
  if (runners === 0) return { thin: 0, thick: 0 };
  return { thin: Math.min(size, MOST_FOR_IMAGE) + (runners * size) / 2, thick: (runners + 1) * size };
}

/** The bytes of {@link spaceNeed} that count for a driver. Pure. */
export function requiredOf(driver: string, need: SpaceNeed): number {
  return driver === "dir" ? need.thick : need.thin;
}

/** The number of runners that fit into a pool, at most the wanted one. A pool of unknown size holds all. Pure. */
export function runnersThatFit(wanted: number, disk: string, { driver, present }: PoolSpace): number {
  const size = parseSize(disk) ?? 0;
  if (present <= 0 || size === 0) return wanted;
  const fit = driver === "dir" ? present / size - 1 : (present - Math.min(size, MOST_FOR_IMAGE)) / (size / 2);
  return Math.max(0, Math.min(wanted, Math.floor(fit)));
}

/** From this part on, a pool is full: what is in it may still grow. */
const FULL = 0.9;

/**
 * The number of standby instances that fit into a pool beside all wanted runners, at most the wanted one. Pure.
 *
 * @param used bytes that are in use. A pool that is nearly full holds none, whatever the sizes of the disks say.
 */
export function standbyThatFits(
  { runners, standby, disk }: { readonly runners: number; readonly standby: number; readonly disk: string },
  space: PoolSpace,
  used: number,
): number {
  if (space.present > 0 && used >= space.present * FULL) return 0;
  return Math.max(0, runnersThatFit(runners + standby, disk, space) - runners);
}

/**
 * What of the wanted runners in place of lost ones a pool can hold beyond the usual runners. Pure.
 *
 * @param runners number of usual runners. Where not all of them fit, their own shortage is told.
 */
export function replacementsThatFit(
  { runners, replacements, disk }: Record<"runners" | "replacements", number> & { readonly disk: string },
  space: PoolSpace,
): PoolCapacity {
  const all = runnersThatFit(runners + replacements, disk, space);
  const count = Math.max(0, all - runners);
  if (count === replacements || all < runners) return { count, shortage: undefined };
  const room = `the storage pool has ${formatSize(space.present)}, room for ${count}`;
  return { count, shortage: missingReplacements(replacements - count, replacements, room) };
}

/** Why not all wanted runners in place of lost ones could be had. Pure. */
export function missingReplacements(missing: number, wanted: number, reason: string): string {
  return `${missing} of ${wanted} runners of lost-member-runners would be missing: ${reason}`;
}

/**
 * What of the wanted runners a pool can hold. Pure.
 *
 * @throws {@link PoolTooSmallError} when runners are wanted and not one fits.
 */
export function capacityOf(wanted: number, disk: string, space: PoolSpace): PoolCapacity {
  const count = runnersThatFit(wanted, disk, space);
  if (count === wanted) return { count, shortage: undefined };
  const { driver, isShared, present } = space;
  if (count === 0)
    throw new PoolTooSmallError(wanted, {
      present,
      isShared,
      required: requiredOf(driver, spaceNeed(1, disk)),
    });
  const remedy = isShared
    ? "lower vm-disk, free space on the machine's disk, which it shares, or give the unit storage of its own"
    : "lower vm-disk, or give the unit more storage";
  const room = `the storage pool has ${formatSize(present)}, room for ${count}`;
  return { count, shortage: `${wanted - count} of ${wanted} missing: ${room}; ${remedy}` };
}
