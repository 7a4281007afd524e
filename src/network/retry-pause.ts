/** Failed attempts to reach the other side, and when the next one is. */
export interface RetryPause {
  /** Since the last success; 1 or more. */
  readonly failures: number;
  /** In milliseconds since the Unix epoch. */
  readonly nextTryAt: number;
}

/** Lengths of pauses, in milliseconds. */
export interface PauseLengths {
  /** After the first failure; doubled with each further one. */
  readonly firstMs: number;
  readonly longestMs: number;
}

/** The pause after one more failed attempt. Pure. */
export function pauseAfter(
  before: RetryPause | undefined,
  { firstMs, longestMs }: PauseLengths,
  now: number,
): RetryPause {
  const failures = (before?.failures ?? 0) + 1;
  return { failures, nextTryAt: now + Math.min(longestMs, firstMs * 2 ** (failures - 1)) };
}

/** Whether no attempt is made now. A longer pause than the longest comes from a clock that was set back. Pure. */
export function isPaused({ nextTryAt }: RetryPause, { longestMs }: PauseLengths, now: number): boolean {
  return now < nextTryAt && nextTryAt - now <= longestMs;
}
