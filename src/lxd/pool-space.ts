import { formatSize, parseSize, ConditionError } from "charm-kit";

/** The pool cannot hold the wanted runners. */
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

/** Bytes that the wanted runners need of a pool. */
export interface SpaceNeed {
  /** Where clones share what they have in common, as on ZFS and btrfs. */
  readonly thin: number;
  /** Where each clone is a whole copy. */
  readonly thick: number;
}

const MOST_FOR_IMAGE = 2 * 2 ** 30;

/**
 * Bytes that a pool must have. Pure.
 *
 * Whole copies: a disk for each runner, and one for the template. Clones that share: an image of 2 GiB, or of a disk where
 * that is smaller, and half a disk for each runner, since what they share counts into each disk and jobs seldom fill
 * theirs at the same time.
 *
 * @param disk of a runner, such as `10GiB`.
 */
export function spaceNeed(runners: number, disk: string): SpaceNeed {
  const size = parseSize(disk) ?? 0;
  if (runners === 0) return { thin: 0, thick: 0 };
  return { thin: Math.min(size, MOST_FOR_IMAGE) + (runners * size) / 2, thick: (runners + 1) * size };
}

/** @throws {@link PoolTooSmallError}; a pool whose size LXD does not know is taken as large enough. */
export function checkSpace(runners: number, required: number, present: number): void {
  if (present > 0 && present < required) throw new PoolTooSmallError(runners, { required, present });
}
