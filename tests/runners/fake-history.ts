import type { LifeMoment, RunnerHistory } from "../../src/runners/ports.ts";

/** The record of runners' lives, in memory. */
export class FakeHistory implements RunnerHistory {
  readonly moments: LifeMoment[] = [];
  failure: Error | undefined;

  add(moments: readonly LifeMoment[]): Promise<void> {
    if (this.failure) return Promise.reject(this.failure);
    this.moments.push(...moments);
    return Promise.resolve();
  }

  read(): Promise<readonly LifeMoment[]> {
    return this.failure ? Promise.reject(this.failure) : Promise.resolve(this.moments);
  }

  /** The events of one runner, in order. */
  eventsOf(runner: string): readonly string[] {
    return this.moments.filter((moment) => moment.runner === runner).map(({ event }) => event);
  }
}
