import { formatSize, parseSize, ConditionError } from "charm-kit";

/** The pool is too small for the configured runners. */
export class PoolTooSmallError extends ConditionError {
  readonly code = "pool-too-small";
  readonly remedy = "person";

  /** @param sizes in bytes. */
  constructor(runners: number, sizes: { readonly required: number; readonly present: number }) {
    super(
      `Cannot keep ${runners} runners: their storage pool needs ${formatSize(sizes.required)} and has ` +
        `${formatSize(sizes.present)}; lower virtual-machines or vm-disk, or give the unit more storage`,
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

/** @throws {@link PoolTooSmallError}. A pool of unknown size counts as large enough. */
export function checkSpace(runners: number, required: number, present: number): void {
  if (present > 0 && present < required) throw new PoolTooSmallError(runners, { required, present });
}
