import type { Ending, KeptLogs, RunnerLogs } from "../../src/runners/ports.ts";
import type { FakeSite } from "./fake-site.ts";
import type { PortCalls } from "./port-calls.ts";

/** Keeps the names of runners whose logs were pulled while their instance ran. */
export class FakeRunnerLogs implements RunnerLogs {
  readonly #site: FakeSite;
  readonly #calls: PortCalls;
  readonly pulled: string[] = [];
  /** The ends of which capsules were kept. */
  readonly capsules: Ending[] = [];
  /** What the guests say of themselves. */
  readonly words = new Map<string, string>();
  /** What is on the host, of earlier processes too. */
  readonly there = new Map<string, KeptLogs>();

  constructor(site: FakeSite, calls: PortCalls) {
    this.#site = site;
    this.#calls = calls;
  }

  pull(name: string, signal: AbortSignal): Promise<string> {
    return this.#calls.step("logs.pull", signal, () => {
      if (this.#site.machines.get(name)?.state !== "running")
        throw new Error(`Instance '${name}' does not run`);
      this.pulled.push(name);
      this.put(name, this.#site.now);
      return `/logs/${name}`;
    });
  }

  lastWords(name: string): Promise<string | undefined> {
    return Promise.resolve(this.words.get(name));
  }

  kept(): Promise<readonly KeptLogs[]> {
    return Promise.resolve([...this.there.values()]);
  }

  delete(name: string): Promise<void> {
    this.there.delete(name);
    return Promise.resolve();
  }

  /** Capsules of instances that are gone can be kept as well. */
  keep(ending: Ending, signal: AbortSignal): Promise<string> {
    return this.#calls.step("logs.keep", signal, () => {
      this.capsules.push(ending);
      this.put(ending.runner, this.#site.now);
      return `/logs/${ending.runner}`;
    });
  }

  put(runner: string, pulledAt: number, bytes = 0, isUnfinished = false): void {
    this.there.set(runner, { runner, pulledAt, bytes, isUnfinished });
  }
}
