import { isRecent, type Clock } from "charm-kit";
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

/** How long a registration waits for the answers to earlier ones. */
const LONGEST_WAIT_MS = 2000;

/** How long a process that stays relies on what it has read: another process may have met a limit since. */
const LONGEST_MEMORY_MS = 5000;

/** After a pause of writes, their number says nothing of what GitHub accepts now. */
const FORGOTTEN_MS = 60_000;

/**
 * Shares GitHub's rate limits between all requests of a user: in this process, and by a store with later ones.
 *
 * After an answer with a rate limit no request is sent before its end. Registrations that are under way cannot learn from
 * it, so the first is sent alone, and each one that GitHub accepts allows one more at a time.
 */
export function gatedTransport(transport: Transport, clock: Clock, store?: RateLimitStore): Transport {
  const gate = new RateGate(clock, store);
  return async (request, signal) => {
    const leave = await gate.enter(request, signal);
    let isAccepted = false;
    try {
      const answer = await transport(request, signal);
      isAccepted = true;
      return answer;
    } catch (thrown) {
      await gate.learn(thrown);
      throw thrown;
    } finally {
      leave(isAccepted);
    }
  };
}

class RateGate {
  readonly #clock: Clock;
  readonly #store: RateLimitStore | undefined;
  readonly #window: WriteWindow;
  #known: { readonly limit: Promise<StoredRateLimit | undefined>; readonly readAt: number } | undefined;

  constructor(clock: Clock, store: RateLimitStore | undefined) {
    this.#clock = clock;
    this.#store = store;
    this.#window = new WriteWindow(clock);
  }

  /**
   * @returns must be called at the end of the request, with whether GitHub has accepted it.
   * @throws {@link RateLimitedRequest} before the end of a limit.
   */
  async enter({ route, hasWaited }: TransportRequest, signal: AbortSignal): Promise<Leave> {
    if (hasWaited) return () => undefined;
    await this.#check();
    if (!route.startsWith("POST ")) return () => undefined;
    await this.#window.enter(signal);
    const leave: Leave = (isAccepted) => {
      this.#window.leave(isAccepted);
    };
    try {
      await this.#check();
      return leave;
    } catch (thrown) {
      leave(false);
      throw thrown;
    }
  }

  async learn(thrown: unknown): Promise<void> {
    const now = this.#clock.now();
    const answer = readErrorAnswer(thrown, (text) => text);
    const limit = answer && rateLimitOf(answer, now);
    if (!limit) return;
    const learned = { limit: limit.limit, resetAt: limit.resetAt, learnedAt: now };
    this.#known = { limit: Promise.resolve(learned), readAt: now };
    this.#window.shrink();
    await this.#store?.put(learned);
  }

  async #check(): Promise<void> {
    const now = this.#clock.now();
    const known = await this.#known?.limit;
    if (known && isInForce(known, now)) throw new RateLimitedRequest(known);
    const limit = await this.#read(now);
    if (limit && isInForce(limit, now)) throw new RateLimitedRequest(limit);
  }

  #read(now: number): Promise<StoredRateLimit | undefined> {
    let known = this.#known;
    if (!known || !isRecent(known.readAt, { now, withinMs: LONGEST_MEMORY_MS })) {
      known = { limit: this.#store?.get() ?? Promise.resolve(undefined), readAt: now };
      this.#known = known;
    }
    return known.limit;
  }
}

/** Limits the parallel writes of a process: to one at first and after a pause, and to one more with each that is accepted. */
class WriteWindow {
  readonly #clock: Clock;
  readonly #waiting: (() => void)[] = [];
  #size = 1;
  #open = 0;
  #lastAt = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Waits for a free place, but not longer than for a slow answer: that must not hold the others up. */
  async enter(signal: AbortSignal): Promise<void> {
    if (this.#open === 0 && !isRecent(this.#lastAt, { now: this.#clock.now(), withinMs: FORGOTTEN_MS }))
      this.shrink();
    if (this.#open >= this.#size) await this.#turn(signal);
    this.#open += 1;
  }

  leave(isAccepted: boolean): void {
    this.#open -= 1;
    this.#lastAt = this.#clock.now();
    if (isAccepted) this.#size += 1;
    for (const admit of this.#waiting.splice(0, Math.max(0, this.#size - this.#open))) admit();
  }

  /** Begins anew: GitHub has refused a request. */
  shrink(): void {
    this.#size = 1;
  }

  async #turn(signal: AbortSignal): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<undefined>();
    const admit = () => {
      resolve(undefined);
    };
    this.#waiting.push(admit);
    const end = new AbortController();
    const limit = this.#clock.wait(LONGEST_WAIT_MS, AbortSignal.any([signal, end.signal]));
    try {
      await Promise.race([promise, limit]);
    } finally {
      end.abort();
      if (this.#waiting.includes(admit)) this.#waiting.splice(this.#waiting.indexOf(admit), 1);
    }
  }
}

type Leave = (isAccepted: boolean) => void;

/** A limit that was learned in the future was stored before the clock was set back: its time says nothing. */
function isInForce({ learnedAt, resetAt }: StoredRateLimit, now: number): boolean {
  return now >= learnedAt && now < Math.min(resetAt, learnedAt + LONGEST_LIMIT_MS);
}
