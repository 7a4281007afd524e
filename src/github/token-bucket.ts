import type { Clock } from "charm-kit";

/** How fast writes may leave. */
export interface WriteRate {
  /** How many may leave at once after a pause. */
  readonly burst: number;
  /** How many a second follow. */
  readonly perSecond: number;
}

/** Lets a burst pass and spaces what follows. Those who wait go in the order in which they came. */
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
   * Resolves when one more may leave.
   *
   * @throws the signal's reason, as soon as it is aborted; the place in the queue is then free again.
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
