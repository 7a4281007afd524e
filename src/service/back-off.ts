import type { ToldError } from "../unit/told-error.ts";

/**
 * What a failure keeps from being done. `round`: everything, since LXD or GitHub tell nothing. `creation`: new runners.
 * `lifetime`: the same, after runners that were created and did not stay. `removal`: nothing else.
 */
export type Concern = "round" | "creation" | "lifetime" | "removal";

/** Failed attempts for one cause, since the last success. */
export interface FailedAttempts {
  readonly concern: Concern;
  /** An error's code. */
  readonly cause: string;
  /** Number of rounds, one after the other, in which it failed and nothing succeeded. */
  readonly count: number;
  /** The last one. */
  readonly error: ToldError;
  /** When it failed last, in milliseconds since the Unix epoch. */
  readonly failedAt: number;
  /** When the next attempt is, in milliseconds since the Unix epoch. */
  readonly nextAt: number;
}

/** Failures by concern and cause. What is not in it may be tried at once. */
export type BackOff = ReadonlyMap<string, FailedAttempts>;

/** A failure of a round. */
export interface Failure extends Pick<FailedAttempts, "concern" | "cause" | "error"> {
  /** When the other side says that it may be asked again, in milliseconds since the Unix epoch. */
  readonly notBefore?: number | undefined;
}

/** What became of a round. */
export interface Outcome {
  readonly failures: readonly Failure[];
  /** Number of runners that it created. */
  readonly created: number;
  /** Whether it might create runners. */
  readonly mightCreate: boolean;
}

/** The moment of a decision. */
export interface Moment {
  /** Milliseconds since the Unix epoch. */
  readonly now: number;
  /** From 0 to 1: a wait is between three quarters and five quarters of its length. */
  readonly jitter: number;
}

const FIRST_MS = 2_000;
const LONGEST_MS = 5 * 60_000;
/** What another side asks for at most: a longer time comes from a wrong clock. */
const LONGEST_ASKED_MS = 24 * 60 * 60_000;
/** After so many failures without any success, one runner is tried before the others. */
const TRIAL_AFTER = 2;

/**
 * The back-off after a round. Pure. A cause that failed again waits twice as long as before, up to five minutes, with
 * jitter; a runner that was created sets the count back. A cause that a round did not meet is over, unless the round could
 * not meet it.
 */
export function backOffAfter(before: BackOff, outcome: Outcome, { now, jitter }: Moment): BackOff {
  const after = new Map([...before].filter(([, attempts]) => !wasMet(attempts.concern, outcome)));
  for (const { notBefore = 0, ...failure } of outcome.failures) {
    const key = `${failure.concern} ${failure.cause}`;
    const isProgress = failure.concern === "creation" && outcome.created > 0;
    const count = isProgress ? 1 : (before.get(key)?.count ?? 0) + 1;
    const wait = Math.min(LONGEST_MS, FIRST_MS * 2 ** (count - 1)) * (0.75 + jitter / 2);
    const nextAt = Math.max(now + wait, Math.min(notBefore, now + LONGEST_ASKED_MS));
    const other = after.get(key);
    // Several runners fail for the same cause in one round.
    const isLater = other?.failedAt === now && other.nextAt > nextAt;
    after.set(key, isLater ? other : { ...failure, count, failedAt: now, nextAt });
  }
  return after;
}

/** Whether a round would have met a cause again that still exists. */
function wasMet(concern: Concern, { failures, created, mightCreate }: Outcome): boolean {
  const has = (...concerns: readonly Concern[]) => failures.some((each) => concerns.includes(each.concern));
  if (has("round")) return false;
  switch (concern) {
    case "round":
    case "removal":
      return true;
    case "creation":
      return mightCreate && (created > 0 || !has("creation"));
    case "lifetime":
      // A runner that was created just now proves nothing.
      return mightCreate && created === 0 && !has("creation", "lifetime");
  }
}

/** Whether LXD and GitHub may be asked now. Pure. */
export function mayWork(backOff: BackOff, now: number): boolean {
  return waitingIn(backOff, now, "round").length === 0;
}

/** Most runners to create now: none while a cause waits, and one after several failures; undefined for any number. Pure. */
export function mostCreations(backOff: BackOff, now: number): number | undefined {
  if (waitingIn(backOff, now, "round", "creation", "lifetime").length > 0) return 0;
  const isTrial = [...backOff.values()].some(
    ({ concern, count }) => concern !== "removal" && count >= TRIAL_AFTER,
  );
  return isTrial ? 1 : undefined;
}

/**
 * When the next attempt is due, in milliseconds since the Unix epoch; undefined when nothing waits. Pure.
 *
 * All causes of one kind are tried at once, after the last of them: an earlier attempt would do nothing.
 */
export function nextAttemptAt(backOff: BackOff, now: number): number | undefined {
  const lastOf = (...concerns: readonly Concern[]) => {
    const times = waitingIn(backOff, now, ...concerns).map(({ nextAt }) => nextAt);
    return times.length === 0 ? [] : [Math.max(...times)];
  };
  const [round] = lastOf("round");
  if (round !== undefined) return round;
  const times = [...lastOf("creation", "lifetime"), ...lastOf("removal")];
  return times.length === 0 ? undefined : Math.min(...times);
}

function waitingIn(
  backOff: BackOff,
  now: number,
  ...concerns: readonly Concern[]
): readonly FailedAttempts[] {
  return [...backOff.values()].filter(
    // A failure in the future is from before the clock was set back.
    ({ concern, failedAt, nextAt }) => concerns.includes(concern) && failedAt <= now && now < nextAt,
  );
}
