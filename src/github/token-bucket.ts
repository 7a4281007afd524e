import type { Clock } from "charm-kit";

/** Maximum rate of writes. */
export interface WriteRate {
  /** Number of writes without a delay after a pause. */
  readonly burst: number;
  /** Number of further writes per second. */
  readonly perSecond: number;
}

/** Allows a burst and delays further calls, first come, first served. */
export class TokenBucket {
  readonly #rate: WriteRate;
  readonly #clock: Clock;
  #tokens: number;
  #countedAt: number;

  constructor(rate: WriteRate, clock: Clock) {
    this.#rate = rate;
    this.#clock = clock;
    this.#tokens = rate.burst;
    this.#countedAt = clock.now();
  }

  /**
   * Resolves when one more write is allowed.
   *
   * @throws the signal's reason as soon as it is aborted; the next caller then moves up.
   */
  async take(signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    this.#refill();
    this.#tokens -= 1;
    if (this.#tokens >= 0) return;
    try {
      await this.#clock.wait((-this.#tokens / this.#rate.perSecond) * 1000, signal);
    } catch (reason) {
      this.#tokens += 1;
      throw reason;
    }
  }

  #refill(): void {
    const now = this.#clock.now();
    const earned = (Math.max(0, now - this.#countedAt) / 1000) * this.#rate.perSecond;
    this.#tokens = Math.min(this.#rate.burst, this.#tokens + earned);
    this.#countedAt = now;
  }
}
