import type { Clock } from "charm-kit";
import type { ReplanReasons } from "../unit/replan-reasons.ts";
import { Wakes, type Wake } from "./wakes.ts";

/** Reasons to plan again while runners are being created: a place may have become free, or another runner be wanted. */
const REASONS: readonly Wake[] = ["instance", "demand"];
/**
 * A round records what it has done at its end. Shorter than virtual machines boot, this would save little. A process that waits
 * for the unit's lock, such as a flush, ends it sooner.
 */
export const LONGEST_REPLANNING_MS = 2 * 60_000;

export interface RoundReplanReasonsDependencies {
  readonly wakes: Wakes;
  readonly clock: Clock;
  readonly observed: ReplanReasons["observed"];
}

/**
 * Tells one round, while it creates runners, of the reasons that come meanwhile. It takes none of them: the loop's next
 * turn plans once more in any case. Anything but the end of an instance and a change of the demand is for that turn
 * alone, and so lets the round come to its end.
 */
export class RoundReplanReasons implements ReplanReasons {
  readonly observed: ReplanReasons["observed"];
  readonly #clock: Clock;
  readonly #reasons: Wakes;
  readonly #until: number;
  readonly #leave: () => void;

  constructor({ wakes, clock, observed }: RoundReplanReasonsDependencies) {
    this.observed = observed;
    this.#clock = clock;
    this.#reasons = new Wakes(clock);
    this.#until = clock.now() + LONGEST_REPLANNING_MS;
    this.#leave = wakes.follow((reason) => {
      this.#reasons.wake(reason);
    });
  }

  async next(signal: AbortSignal): Promise<boolean> {
    const restMs = this.#until - this.#clock.now();
    if (restMs <= 0) return false;
    const due = await this.#reasons.next(restMs, signal);
    return [...due].every((reason) => REASONS.includes(reason));
  }

  close(): void {
    this.#leave();
  }
}
