import type { Clock } from "charm-kit";
import type { StartStage } from "./ports.ts";

/** How long the parts of a runner's start took. */
export class Stages {
  readonly #clock: Clock;
  readonly #tookMs: Partial<Record<StartStage, number>> = {};

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** In milliseconds. A part that has not ended is absent. */
  get tookMs(): Readonly<Partial<Record<StartStage, number>>> {
    return this.#tookMs;
  }

  /** Begins a part. @returns called at its end; further calls have no effect */
  begin(stage: StartStage): () => void {
    const startedAt = this.#clock.now();
    return () => {
      this.#tookMs[stage] ??= Math.max(0, this.#clock.now() - startedAt);
    };
  }

  /** Measures a part that succeeds. */
  async measure<T>(stage: StartStage, work: Promise<T>): Promise<T> {
    const end = this.begin(stage);
    const done = await work;
    end();
    return done;
  }
}
