/** The source of time. Tests pass a clock of their own. */
export interface Clock {
  /** Milliseconds since the Unix epoch. */
  now(): number;
  /**
   * Resolves after `delayMs` milliseconds.
   *
   * @throws the signal's reason, as soon as the signal is aborted.
   */
  wait(delayMs: number, signal: AbortSignal): Promise<void>;
}

/** The clock of this machine. */
export const systemClock: Clock = {
  now: () => Date.now(),
  wait: (delayMs, signal) =>
    new Promise((resolve, reject) => {
      signal.throwIfAborted();
      const onAbort = () => {
        clearTimeout(timer);
        reject(signal.reason as Error);
      };
      const timer = setTimeout(() => {
        signal.removeEventListener("abort", onAbort);
        resolve();
      }, delayMs);
      signal.addEventListener("abort", onAbort, { once: true });
    }),
};

/**
 * Whether a time is less than so long ago. One in the future is not: it was noted before the clock was set back, and would
 * hold for as long as that clock was ahead.
 *
 * @param at in milliseconds since the Unix epoch; undefined for never.
 * @param limits `withinMs`: the time that has passed must be less; `now`: as {@link Clock.now} tells it.
 */
export function isRecent(
  at: number | undefined,
  { now, withinMs }: { readonly now: number; readonly withinMs: number },
): boolean {
  return at !== undefined && at <= now && now - at < withinMs;
}
