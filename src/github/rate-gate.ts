import type { Clock } from "charm-kit";
import { rateLimitOf, readErrorAnswer, type RateLimit } from "./error-answer.ts";
import type { Transport, TransportRequest } from "./transport.ts";

/** A rate limit as stored for the next process. */
export interface StoredRateLimit extends RateLimit {
  /** When GitHub answered so, in milliseconds since the Unix epoch. */
  readonly learnedAt: number;
}

/** Stores the rate limit of one user or App for the next process. Failures are the store's own: none reaches a request. */
export interface RateLimitStore {
  /** @returns undefined if no limit is stored. */
  get(): Promise<StoredRateLimit | undefined>;
  put(limit: StoredRateLimit): Promise<void>;
}

/** A request is not sent, because GitHub has refused an earlier one until a time that has not come. */
export class RateLimitedRequest extends Error {
  override readonly name = "RateLimitedRequest";
  readonly limit: RateLimit;

  constructor(limit: RateLimit) {
    super(`GitHub accepts no request before ${new Date(limit.resetAt).toISOString()}`);
    this.limit = limit;
  }
}

/** GitHub's limits end within an hour; a longer one comes from a wrong clock, and is tried again after this time. */
const LONGEST_LIMIT_MS = 24 * 60 * 60_000;

/** How long other writes wait for the answer to the first one. */
const FIRST_WRITE_MS = 2000;

/**
 * Shares GitHub's rate limits between all requests of a user: in this process, and by a store with later ones.
 *
 * After an answer with a rate limit no request is sent before its end. The first write of a process is sent alone, since
 * parallel ones could not learn from its answer.
 */
export function gatedTransport(transport: Transport, clock: Clock, store?: RateLimitStore): Transport {
  const gate = new RateGate(clock, store);
  return async (request, signal) => {
    const leave = await gate.enter(request, signal);
    try {
      return await transport(request, signal);
    } catch (thrown) {
      await gate.learn(thrown);
      throw thrown;
    } finally {
      leave();
    }
  };
}

class RateGate {
  readonly #clock: Clock;
  readonly #store: RateLimitStore | undefined;
  #limit: Promise<StoredRateLimit | undefined> | undefined;
  #firstWrite: Promise<void> | undefined;

  constructor(clock: Clock, store: RateLimitStore | undefined) {
    this.#clock = clock;
    this.#store = store;
  }

  /** @throws {@link RateLimitedRequest} before the end of a limit. */
  async enter({ route, hasWaited }: TransportRequest, signal: AbortSignal): Promise<() => void> {
    if (hasWaited) return () => undefined;
    await this.#check();
    if (!route.startsWith("POST ")) return () => undefined;
    if (this.#firstWrite) {
      await this.#within(this.#firstWrite, signal);
      await this.#check();
      return () => undefined;
    }
    const { promise, resolve } = Promise.withResolvers<undefined>();
    this.#firstWrite = promise.then(() => undefined);
    return () => {
      resolve(undefined);
    };
  }

  /** Ends the wait for a slow answer, which must not hold the others up. */
  async #within(answer: Promise<void>, signal: AbortSignal): Promise<void> {
    const end = new AbortController();
    const limit = this.#clock.wait(FIRST_WRITE_MS, AbortSignal.any([signal, end.signal]));
    try {
      await Promise.race([answer, limit]);
    } finally {
      end.abort();
    }
  }

  async learn(thrown: unknown): Promise<void> {
    const now = this.#clock.now();
    const answer = readErrorAnswer(thrown, (text) => text);
    const limit = answer && rateLimitOf(answer, now);
    if (!limit) return;
    const learned = { limit: limit.limit, resetAt: limit.resetAt, learnedAt: now };
    this.#limit = Promise.resolve(learned);
    await this.#store?.put(learned);
  }

  async #check(): Promise<void> {
    const limit = await (this.#limit ??= this.#store?.get() ?? Promise.resolve(undefined));
    if (limit && isInForce(limit, this.#clock.now())) throw new RateLimitedRequest(limit);
  }
}

/** A limit that was learned in the future was stored before the clock was set back: its time says nothing. */
function isInForce({ learnedAt, resetAt }: StoredRateLimit, now: number): boolean {
  return now >= learnedAt && now < Math.min(resetAt, learnedAt + LONGEST_LIMIT_MS);
}
