import { ConditionError } from "./errors.ts";
import { withResolvers } from "./concurrency.ts";

/** Work exceeded its time limit. */
export class DeadlineError extends ConditionError {
  readonly code = "deadline";
  readonly remedy = "retry";
  readonly action: string;
  readonly limitMs: number;
  /** What the work was waiting for; undefined when it did not tell. */
  readonly awaited: string | undefined;

  constructor(
    action: string,
    limitMs: number,
    { awaited, ...options }: ErrorOptions & { readonly awaited?: string | undefined } = {},
  ) {
    const waiting = awaited === undefined ? "" : ` from ${awaited}`;
    super(`Cannot ${action}: no answer${waiting} within ${limitMs / 1000} seconds`, options);
    this.action = action;
    this.limitMs = limitMs;
    this.awaited = awaited;
  }
}

/** Tells the deadline of some work who is being waited for, as it reads after "no answer from". */
export type Await = (awaited: string) => void;

/**
 * Runs `work` with a signal that is aborted when `signal` is, or after `limitMs` milliseconds.
 *
 * @param action names the work in the error's message, after "Cannot".
 * @param work its second argument tells who the work waits for, which the error then names.
 * @throws {@link DeadlineError} when the time limit ended the work; the signal's reason when the caller did.
 */
export async function withDeadline<T>(
  action: string,
  limitMs: number,
  signal: AbortSignal,
  work: (signal: AbortSignal, waitFor: Await) => Promise<T>,
): Promise<T> {
  let awaited: string | undefined;
  const timeout = new AbortController();
  const timer = setTimeout(() => {
    timeout.abort(new DeadlineError(action, limitMs, { awaited }));
  }, limitMs);
  try {
    return await work(AbortSignal.any([signal, timeout.signal]), (next) => (awaited = next));
  } catch (thrown) {
    // Libraries wrap or replace the reason, but the caller must see the time limit.
    if (timeout.signal.aborted && !signal.aborted) throw timeout.signal.reason;
    throw thrown;
  } finally {
    clearTimeout(timer);
  }
}

/**
 * Runs work that must complete even if the caller is aborted, such as a cleanup, within `limitMs` milliseconds.
 *
 * @throws {@link DeadlineError} when the time limit ended the work.
 */
export function unhindered<T>(
  action: string,
  limitMs: number,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  return withDeadline(action, limitMs, new AbortController().signal, work);
}

/**
 * Waits for work that takes no signal. An abort ends the wait, not the work.
 *
 * @throws the signal's reason, and the work's error.
 */
export async function orAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  // Nobody waits for it after an earlier abort: its failure must not end the process as an unhandled one.
  work.catch(() => undefined);
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
