import { findCause, type Clock } from "charm-kit";
import { AnswerTooLargeError } from "./bounded-fetch.ts";
import { rateLimitOf, readErrorAnswer, retryAfterMs } from "./error-answer.ts";
import type { Transport } from "./transport.ts";

export interface RetryOptions {
  /** Longest pause within a request, in seconds; where GitHub asks for a longer one, the request fails at once. */
  readonly patienceSeconds: number;
  /** Length of a second in pauses, in milliseconds; tests shorten it. */
  readonly secondMs: number;
  readonly clock: Clock;
}

/** Attempts that a request has left. */
interface Budget {
  /** Pauses before the next attempts after a server error or a lost answer, in seconds. */
  readonly pauses: number[];
  /** How many more rate limits are waited for. */
  limits: number;
}

const PAUSES: readonly number[] = [1, 4];
const LIMITS = 1;
/** GitHub gives the end of its primary limit in whole seconds, by its own clock. */
const CLOCK_SKEW_SECONDS = 1;

/**
 * Sends a request again where that may help: a repeatable one after a server error or a lost answer, any one after a
 * rate limit that ends soon, since GitHub has refused it. A pause ends as soon as the signal is aborted.
 */
export function retryingTransport(transport: Transport, options: RetryOptions): Transport {
  const { clock, patienceSeconds, secondMs } = options;
  return async (request, signal) => {
    const budget: Budget = { pauses: request.isRepeatable ? [...PAUSES] : [], limits: LIMITS };
    for (;;) {
      try {
        return await transport(request, signal);
      } catch (thrown) {
        // Octokit wraps the reason of an abort.
        signal.throwIfAborted();
        const seconds = pauseAfter(thrown, budget, clock.now());
        if (seconds === undefined || seconds > patienceSeconds) throw thrown;
        await clock.wait(seconds * secondMs, signal);
      }
    }
  };
}

/** The pause before the next attempt, in seconds; undefined where there is none. Takes the attempt from the budget. */
function pauseAfter(thrown: unknown, budget: Budget, now: number): number | undefined {
  const answer = readErrorAnswer(thrown, (text) => text);
  const limit = answer && rateLimitOf(answer, now);
  if (limit) {
    const skew = limit.limit === "primary" ? CLOCK_SKEW_SECONDS : 0;
    budget.limits -= 1;
    return budget.limits < 0 ? undefined : (limit.resetAt - now) / 1000 + skew;
  }
  if (answer ? answer.status < 500 : findCause(thrown, AnswerTooLargeError)) return undefined;
  const pause = budget.pauses.shift();
  return pause === undefined ? undefined : Math.max(pause, ((answer && retryAfterMs(answer)) ?? 0) / 1000);
}
