import { withResolvers, type Clock } from "charm-kit";

/**
 * Why the service looks at its runners. `request` asks for a whole round, `runners` for one that looks at the runners alone;
 * `infrastructure` is a change of what they stand on. `disconnected` is a loss of LXD's events, and `reconnected` their return.
 * `cluster` is an evacuation of the machine's member of a cluster, or its return.
 */
export type Wake =
  | "instance"
  | "infrastructure"
  | "cluster"
  | "demand"
  | "settings"
  | "request"
  | "runners"
  | "interval"
  | "retry"
  | "disconnected"
  | "reconnected"
  | "start";

/** Wakes within this time of each other are one. */
const TOGETHER_MS = 50;

/** Collects reasons to look, and tells the loop of them once for all that come together. */
export class Wakes {
  readonly #clock: Clock;
  readonly #due = new Set<Wake>();
  #waiting = withResolvers<undefined>();
  #interruption = new AbortController();
  readonly #listeners = new Set<(reason: Wake) => void>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Never waits. Reasons that come while the loop works are kept for its next turn. */
  wake(reason: Wake): void {
    this.#due.add(reason);
    this.#waiting.resolve(undefined);
    this.#interruption.abort();
    for (const listener of this.#listeners) listener(reason);
  }

  /** Tells of each reason as it comes; it is kept for the loop's next turn all the same. @returns what ends that */
  follow(listener: (reason: Wake) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Aborted as soon as there is a reason to look: work that can wait gives way. */
  get interruption(): AbortSignal {
    return this.#interruption.signal;
  }

  /**
   * Waits for the next reason, and a moment longer for others.
   *
   * @param restMs milliseconds after which `interval` is one.
   * @throws the signal's reason.
   */
  async next(restMs: number, signal: AbortSignal): Promise<ReadonlySet<Wake>> {
    const rest = new AbortController();
    const either = AbortSignal.any([signal, rest.signal]);
    try {
      const elapsed = this.#clock.wait(restMs, either).then(() => {
        this.wake("interval");
      });
      await Promise.race([this.#waiting.promise, elapsed]);
      elapsed.catch(() => undefined);
      await this.#clock.wait(TOGETHER_MS, signal);
    } finally {
      rest.abort();
    }
    const due = new Set(this.#due);
    this.#due.clear();
    this.#interruption = new AbortController();
    this.#waiting = withResolvers<undefined>();
    return due;
  }
}
