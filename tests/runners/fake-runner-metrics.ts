import type { FakeSite } from "./fake-site.ts";
import type {
  EarlyEnd,
  GuestReport,
  Round,
  RunnerMetrics,
  SharedDirectory,
} from "../../src/runners/ports.ts";

/** Remembers what it is told of. */
export class FakeRunnerMetrics implements RunnerMetrics {
  readonly #site: FakeSite | undefined;
  readonly #own = new Map<string, GuestReport>();

  /** @param site whose guests say which applications have ended. @default none does */
  constructor(site?: FakeSite) {
    this.#site = site;
  }

  readonly installedRunners: string[] = [];
  readonly rounds: Round[] = [];
  /** What the next round finds. */
  readonly ends: EarlyEnd[] = [];
  /** What guests have written down, by runner. */
  get reports(): Map<string, GuestReport> {
    return this.#site?.reports ?? this.#own;
  }

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
    const present = [...round.runners, ...round.stopped];
    for (const name of this.reports.keys()) if (!present.includes(name)) this.reports.delete(name);
    return Promise.resolve(this.ends.splice(0));
  }

  recorded(): Promise<readonly string[]> {
    return Promise.resolve([...this.reports.keys()]);
  }

  report(name: string): Promise<GuestReport | undefined> {
    return Promise.resolve(this.reports.get(name));
  }

  jobEnded(name: string): Promise<boolean> {
    return Promise.resolve(this.#site?.endedJobs.has(name) ?? false);
  }

  remove(): Promise<void> {
    return Promise.resolve();
  }
}
