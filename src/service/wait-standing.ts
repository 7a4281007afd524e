import { messageOf, type Clock, type Logger } from "charm-kit";
import type { Kept } from "../metrics/ports.ts";
import { standingAfter, tallyOf, type Standing } from "../metrics/standing.ts";

export interface WaitStandingDependencies {
  readonly record: Kept<Standing>;
  readonly clock: Clock;
  readonly log: Logger;
}

/** Keeps how the waits of a scale set's jobs stand against the objective. One process at a time. Best effort. */
export class WaitStanding {
  readonly #dependencies: WaitStandingDependencies;
  #work: Promise<void> = Promise.resolve();

  constructor(dependencies: WaitStandingDependencies) {
    this.#dependencies = dependencies;
  }

  /** Resolves when what was added is kept. */
  get settled(): Promise<void> {
    return this.#work;
  }

  /** @param waits of jobs that runners have taken, in milliseconds. */
  add(waits: readonly number[]): void {
    if (waits.length === 0) return;
    const results = {
      wait: tallyOf(
        "wait",
        waits.map((wait) => wait / 1000),
      ),
    };
    this.#work = this.#work.then(async () => {
      const { clock, log, record } = this.#dependencies;
      try {
        await record.write(standingAfter(await record.read(), results, clock.now()));
      } catch (thrown) {
        log.warning("Metrics are incomplete", {
          action: "keep the standing of the objective",
          reason: messageOf(thrown),
        });
      }
    });
  }
}
