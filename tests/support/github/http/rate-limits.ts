import type { VirtualClock } from "../state/virtual-clock.ts";

const HOUR_MS = 3_600_000;

/** The primary rate limit: so many requests an hour and caller. The hour begins with the first of them. */
export class RateLimits {
  readonly #clock: VirtualClock;
  readonly #buckets = new Map<string, { used: number; resetsAt: number }>();
  #limit = 5000;

  constructor(clock: VirtualClock) {
    this.#clock = clock;
  }

  /** Sets the limit of all callers and begins their hour anew. */
  reset(limit = 5000): void {
    this.#limit = limit;
    this.#buckets.clear();
  }

  /** Takes one request off. @returns whether there was one left. */
  take(caller: string): boolean {
    const bucket = this.#bucket(caller);
    if (bucket.used >= this.#limit) return false;
    bucket.used += 1;
    return true;
  }

  /** A request that was answered with 304 does not count. */
  giveBack(caller: string): void {
    this.#bucket(caller).used -= 1;
  }

  /** The headers that tell the caller where it stands. */
  headers(caller: string): Record<string, string> {
    const { limit, remaining, used, reset } = this.#describe(caller);
    return {
      "x-ratelimit-limit": String(limit),
      "x-ratelimit-remaining": String(remaining),
      "x-ratelimit-used": String(used),
      "x-ratelimit-reset": String(reset),
      "x-ratelimit-resource": "core",
    };
  }

  /** GitHub's schema `rate-limit-overview`. */
  overview(caller: string) {
    const core = this.#describe(caller);
    const search = { ...core, limit: 30, remaining: 30, used: 0 };
    const registration = { ...core, limit: 10_000, remaining: 10_000, used: 0 };
    return { resources: { core, search, actions_runner_registration: registration }, rate: core };
  }

  #describe(caller: string) {
    const { used, resetsAt } = this.#bucket(caller);
    const reset = Math.ceil(resetsAt / 1000);
    return { limit: this.#limit, remaining: this.#limit - used, used, reset };
  }

  #bucket(caller: string): { used: number; resetsAt: number } {
    const known = this.#buckets.get(caller);
    if (known && known.resetsAt > this.#clock.now()) return known;
    const fresh = { used: 0, resetsAt: this.#clock.now() + HOUR_MS };
    this.#buckets.set(caller, fresh);
    return fresh;
  }
}
