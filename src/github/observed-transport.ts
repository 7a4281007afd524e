import type { Clock } from "charm-kit";
import { rateLimitOf, readErrorAnswer } from "./error-answer.ts";
import type { Transport } from "./transport.ts";

/** How GitHub answered one request, its repetitions apart. */
export interface GithubAnswered {
  readonly outcome: "ok" | "not_modified" | "refused" | "rate_limited" | "server_error" | "no_answer";
  readonly seconds: number;
  /** GitHub's rate limit for most requests; undefined where the answer tells nothing of it. */
  readonly rateLimit: RateLimitLeft | undefined;
}

export interface RateLimitLeft {
  /** Requests in an hour. */
  readonly limit: number;
  readonly remaining: number;
  /** Seconds since the Unix epoch. */
  readonly resetAt: number;
}

/** Tells of each request that GitHub answers or fails to answer. Aborted ones say nothing of GitHub. */
export function observedTransport(
  transport: Transport,
  clock: Clock,
  onAnswer: (answered: GithubAnswered) => void,
): Transport {
  return async (request, signal) => {
    const startedAt = clock.now();
    const tell = (outcome: GithubAnswered["outcome"], headers: Readonly<Record<string, unknown>>): void => {
      const seconds = Math.max(0, clock.now() - startedAt) / 1000;
      onAnswer({ outcome, seconds, rateLimit: readRateLimit(headers) });
    };
    try {
      const answer = await transport(request, signal);
      tell("ok", answer.headers);
      return answer;
    } catch (thrown) {
      const answer = readErrorAnswer(thrown, (text) => text);
      if (answer) {
        const isLimited = rateLimitOf(answer, clock.now()) !== undefined;
        tell(isLimited ? "rate_limited" : outcomeOf(answer.status), answer.headers);
      } else if (!signal.aborted) tell("no_answer", {});
      throw thrown;
    }
  };
}

function outcomeOf(status: number): GithubAnswered["outcome"] {
  if (status === 304) return "not_modified";
  return status >= 500 ? "server_error" : "refused";
}

function readRateLimit(headers: Readonly<Record<string, unknown>>): RateLimitLeft | undefined {
  const resource = headers["x-ratelimit-resource"];
  if (resource !== undefined && resource !== "core") return undefined;
  const [limit, remaining, resetAt] = ["limit", "remaining", "reset"].map((name) => {
    const header = headers[`x-ratelimit-${name}`];
    const text = typeof header === "string" || typeof header === "number" ? String(header) : "";
    return /^\d{1,12}$/.test(text) ? Number(text) : undefined;
  });
  if (limit === undefined || remaining === undefined || resetAt === undefined) return undefined;
  return { limit, remaining, resetAt };
}
