import { findCause, type Clock } from "charm-kit";
import { AnswerTooLargeError } from "./bounded-fetch.ts";
import { rateLimitOf, readErrorAnswer, retryAfterMs } from "./error-answer.ts";
import { RateLimitedRequest } from "./rate-gate.ts";
import type { Transport } from "./transport.ts";

export interface RetryOptions {
  /** Longest pause within a request, in seconds; if GitHub requests a longer one, the request fails at once. */
  readonly patienceSeconds: number;
  /** Length of a second in pauses, in milliseconds; for tests. */
  readonly secondMs: number;
  readonly clock: Clock;
}

/** Remaining attempts of a request. */
interface Budget {
  /** Pauses before the next attempts after a server error or a lost answer, in seconds. */
  readonly pauses: number[];
  /** Remaining waits for a rate limit. */
  limits: number;
}

const PAUSES: readonly number[] = [1, 4];
const LIMITS = 1;
/** GitHub sends the reset of its primary limit in whole seconds of its own clock. */
const CLOCK_SKEW_SECONDS = 1;

/**
 * Repeats requests that fail: repeatable ones after a server error or a lost answer, and all after a rate limit that ends
 * soon, because GitHub has not executed them. An abort ends a pause at once.
 */
export function retryingTransport(transport: Transport, options: RetryOptions): Transport {
  const { clock, patienceSeconds, secondMs } = options;
  return async (request, signal) => {
    const budget: Budget = { pauses: request.isRepeatable ? [...PAUSES] : [], limits: LIMITS };
    for (;;) {
      const hasWaited = budget.limits < LIMITS;
      try {
        return await transport(hasWaited ? { ...request, hasWaited } : request, signal);
      } catch (thrown) {
        // Octokit wraps the signal's reason.
        signal.throwIfAborted();
        const seconds = pauseAfter(thrown, budget, clock.now());
        if (seconds === undefined || seconds > patienceSeconds) throw thrown;
        await clock.wait(seconds * secondMs, signal);
      }
    }
  };
}

/** The pause before the next attempt, in seconds; undefined if there is none. Takes the attempt from the budget. */
function pauseAfter(thrown: unknown, budget: Budget, now: number): number | undefined {
  const answer = readErrorAnswer(thrown, (text) => text);
  const limit = findCause(thrown, RateLimitedRequest)?.limit ?? (answer && rateLimitOf(answer, now));
  if (limit) {
    const skew = limit.limit === "primary" ? CLOCK_SKEW_SECONDS : 0;
    budget.limits -= 1;
    return budget.limits < 0 ? undefined : (limit.resetAt - now) / 1000 + skew;
  }
  if (answer ? answer.status < 500 : findCause(thrown, AnswerTooLargeError)) return undefined;
  const pause = budget.pauses.shift();
  return pause === undefined ? undefined : Math.max(pause, ((answer && retryAfterMs(answer)) ?? 0) / 1000);
}
