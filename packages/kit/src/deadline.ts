import { ConditionError } from "./errors.ts";
import { withResolvers } from "./concurrency.ts";

/** Something took longer than it may. */
export class DeadlineError extends ConditionError {
  readonly code = "deadline";
  readonly remedy = "retry";
  readonly action: string;
  readonly limitMs: number;

  constructor(action: string, limitMs: number, options?: ErrorOptions) {
    super(`Cannot ${action}: no answer within ${limitMs / 1000} seconds`, options);
    this.action = action;
    this.limitMs = limitMs;
  }
}

/**
 * Runs `work` with a signal that is aborted when `signal` is, or after `limitMs` milliseconds.
 *
 * @param action what is being done, as it reads after "Cannot".
 * @throws {@link DeadlineError} when the limit, and not the caller, ended the work.
 */
export async function withDeadline<T>(
  action: string,
  limitMs: number,
  signal: AbortSignal,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const expired = new DeadlineError(action, limitMs);
  const timeout = new AbortController();
  const timer = setTimeout(() => {
    timeout.abort(expired);
  }, limitMs);
  try {
    return await work(AbortSignal.any([signal, timeout.signal]));
  } catch (thrown) {
    // Libraries wrap or replace the reason; the caller wants to know that it was the limit.
    if (timeout.signal.aborted && !signal.aborted) throw expired;
    throw thrown;
  } finally {
    clearTimeout(timer);
  }
}

/**
 * Runs what has to come to its end even though the caller has given up, such as a clean-up, within `limitMs`
 * milliseconds.
 *
 * @throws {@link DeadlineError} when the limit is reached.
 */
export function unhindered<T>(
  action: string,
  limitMs: number,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  return withDeadline(action, limitMs, new AbortController().signal, work);
}

/**
 * Waits for work that knows no signal, until the signal is aborted.
 *
 * @throws the signal's reason, or what the work throws.
 */
export async function orAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  signal.throwIfAborted();
  const aborted = withResolvers<never>();
  const onAbort = () => {
    aborted.reject(signal.reason);
  };
  signal.addEventListener("abort", onAbort, { once: true });
  try {
    return await Promise.race([work, aborted.promise]);
  } finally {
    signal.removeEventListener("abort", onAbort);
  }
}
