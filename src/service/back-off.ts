import type { Remedy } from "charm-kit";

/** Failed attempts for one cause, since the last success. */
export interface FailedAttempts {
  readonly count: number;
  /** The last reason, as text. */
  readonly reason: string;
  readonly remedy: Remedy;
  /** When the next attempt is, in milliseconds since the Unix epoch. */
  readonly nextAt: number;
}

/** Failures by cause, such as an error's code. A cause that is not in it may be tried at once. */
export type BackOff = ReadonlyMap<string, FailedAttempts>;

/** A failure of a round. */
export interface Failure {
  readonly cause: string;
  readonly reason: string;
  /** What ends it. */
  readonly remedy: Remedy;
  /** When the other side says that it may be asked again, in milliseconds since the Unix epoch. */
  readonly notBefore?: number | undefined;
}

const FIRST_MS = 2_000;
const LONGEST_MS = 5 * 60_000;

/**
 * The back-off after a round. Pure. A cause that failed waits twice as long as before, up to five minutes, with jitter; one
 * that did not fail in a round that created runners is forgotten.
 *
 * @param created number of runners that the round created.
 * @param jitter from 0 to 1: the wait is between three quarters and five quarters of its length.
 */
export function backOffAfter(
  before: BackOff,
  { failures, created }: { readonly failures: readonly Failure[]; readonly created: number },
  { now, jitter }: { readonly now: number; readonly jitter: number },
): BackOff {
  const after = new Map<string, FailedAttempts>(created > 0 || failures.length === 0 ? [] : before);
  for (const { cause, reason, remedy, notBefore = 0 } of failures) {
    const count = (before.get(cause)?.count ?? 0) + 1;
    const wait = Math.min(LONGEST_MS, FIRST_MS * 2 ** (count - 1)) * (0.75 + jitter / 2);
    after.set(cause, { count, reason, remedy, nextAt: Math.max(now + wait, notBefore) });
  }
  return after;
}

/** When the next attempt is due, in milliseconds since the Unix epoch; undefined when nothing failed. Pure. */
export function nextAttemptAt(backOff: BackOff): number | undefined {
  const times = [...backOff.values()].map(({ nextAt }) => nextAt);
  return times.length === 0 ? undefined : Math.min(...times);
}

/** Whether new runners may be created now: no cause waits. Pure. */
export function mayCreate(backOff: BackOff, now: number): boolean {
  return [...backOff.values()].every(({ nextAt }) => nextAt <= now);
}
