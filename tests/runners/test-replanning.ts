import type { Fleet } from "../../src/runners/creations.ts";
import type { ObservedRunners, Replanning } from "../../src/runners/plan-execution.ts";

/** Further plans, one right after the other; each begins with what happens before it. */
export class TestReplanning implements Replanning {
  readonly observations: ObservedRunners[] = [];
  readonly #acts: (() => Fleet | Promise<Fleet>)[];

  /** @param acts what happens, and gives the fleet that is wanted then */
  constructor(...acts: readonly (() => Fleet | Promise<Fleet>)[]) {
    this.#acts = [...acts];
  }

  async next(signal: AbortSignal): Promise<Fleet | undefined> {
    const act = this.#acts.shift();
    return act ? act() : never(signal);
  }

  observed(runners: ObservedRunners): void {
    this.observations.push(runners);
  }
}

/** Waits for the end of the signal. */
export function never(signal: AbortSignal): Promise<never> {
  return new Promise((_resolve, reject) => {
    const abort = () => {
      reject(signal.reason as Error);
    };
    if (signal.aborted) abort();
    else signal.addEventListener("abort", abort, { once: true });
  });
}
