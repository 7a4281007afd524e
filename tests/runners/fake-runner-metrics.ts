import type { EarlyEnd, Round, RunnerMetrics, SharedDirectory } from "../../src/runners/ports.ts";

/** Remembers what it is told of. */
export class FakeRunnerMetrics implements RunnerMetrics {
  readonly installedRunners: string[] = [];
  readonly rounds: Round[] = [];
  /** What the next round finds. */
  readonly ends: EarlyEnd[] = [];

  share(name: string): Promise<SharedDirectory> {
    return Promise.resolve({ source: `/shares/${name}`, path: "/metrics-exchange" });
  }

  installed(name: string): Promise<void> {
    this.installedRunners.push(name);
    return Promise.resolve();
  }

  reconciled(round: Round): Promise<readonly EarlyEnd[]> {
    this.rounds.push(round);
    return Promise.resolve(this.ends.splice(0));
  }

  remove(): Promise<void> {
    return Promise.resolve();
  }
}
