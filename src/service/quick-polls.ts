/** A poll that ends within this time without a message has not waited for one: GitHub lets it wait for 50 seconds. */
const QUICK_MS = 5_000;
/** So many in a row are no accident: GitHub, or a proxy before it, does not let polls wait. */
const MOST_QUICK = 3;
const FIRST_PAUSE_MS = 2_000;
const LONGEST_PAUSE_MS = 10_000;

/**
 * Number of polls in a row that have not waited for a message. Pure.
 *
 * @param before the number before this poll.
 * @param poll `tookMs`: by the clock, in milliseconds; negative where that was set back meanwhile.
 */
export function quickPolls(
  before: number,
  { isSilent, tookMs }: { readonly isSilent: boolean; readonly tookMs: number },
): number {
  return isSilent && tookMs >= 0 && tookMs < QUICK_MS ? before + 1 : 0;
}

/**
 * How long to wait before the next poll, in milliseconds; undefined: not at all. Pure. Without a pause, a service would ask
 * GitHub as fast as it answers.
 */
export function pauseAfter(quick: number): number | undefined {
  if (quick < MOST_QUICK) return undefined;
  return Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** (quick - MOST_QUICK));
}
