import type { Clock, Redactor } from "charm-kit";

/** GitHub may list a new runner only after some time. */
const LISTED_AFTER_MS = 10 * 60_000;
/** GitHub ends a job after five days at most, and a runner of ours that waits longer than a day is replaced. */
const LONGEST_LIFE_MS = 7 * 24 * 60 * 60_000;

export interface LiveConfigurationsDependencies {
  readonly redactor: Redactor | undefined;
  readonly clock: Clock;
}

interface LiveConfiguration {
  readonly value: string;
  readonly madeAt: number;
}

/**
 * Hides just-in-time configurations in output as long as GitHub accepts them: a configuration dies with the registration of
 * its runner. A process that stays forgets it then.
 */
export class LiveConfigurations {
  readonly #dependencies: LiveConfigurationsDependencies;
  /** By the ID of the runner. */
  readonly #live = new Map<number, LiveConfiguration>();

  constructor(dependencies: LiveConfigurationsDependencies) {
    this.#dependencies = dependencies;
  }

  add(id: number, value: string): void {
    const { redactor, clock } = this.#dependencies;
    redactor?.add(value);
    this.#live.set(id, { value, madeAt: clock.now() });
  }

  /**
   * Forgets the configurations of runners that are gone.
   *
   * @param ids of all registered runners.
   * @param askedAt before the list was asked for, in milliseconds since the Unix epoch.
   */
  listed(ids: ReadonlySet<number>, askedAt: number): void {
    const { redactor, clock } = this.#dependencies;
    for (const [id, { value, madeAt }] of this.#live) {
      if (ids.has(id) || askedAt - madeAt < LISTED_AFTER_MS) continue;
      redactor?.expire(value, clock.now());
      this.#live.delete(id);
    }
  }

  /** No list tells of the runners any more: hides their configurations for as long as a runner can live. */
  close(): void {
    const { redactor, clock } = this.#dependencies;
    for (const { value } of this.#live.values()) redactor?.expire(value, clock.now() + LONGEST_LIFE_MS);
    this.#live.clear();
  }
}
