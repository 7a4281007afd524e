import type { FakeSite } from "./fake-site.ts";
import type { EarlyEnd, Round, RunnerMetrics, SharedDirectory } from "../../src/runners/ports.ts";

/** Remembers what it is told of. */
export class FakeRunnerMetrics implements RunnerMetrics {
  readonly #site: FakeSite | undefined;

  /** @param site whose guests say which applications have ended. @default none does */
  constructor(site?: FakeSite) {
    this.#site = site;
  }

  readonly installedRunners: string[] = [];
  readonly rounds: Round[] = [];
  /** What the next round finds. */
  readonly ends: EarlyEnd[] = [];

  share(name: string): Promise<SharedDirectory> {
    return Promise.resolve({ source: `/shares/${name}`, path: "/metrics-exchange" });
  }

  ended(names: readonly string[]): Promise<ReadonlyMap<string, number>> {
    const said = this.#site?.saidEnded ?? new Map<string, number>();
    return Promise.resolve(new Map([...said].filter(([name]) => names.includes(name))));
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
