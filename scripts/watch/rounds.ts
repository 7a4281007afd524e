import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { ImportGraph } from "./import-graph.ts";
import { planRound, type Round } from "./plan-round.ts";

export interface RoundsDependencies {
  readonly root: string;
  readonly graph: ImportGraph;
  /** Runs a round and returns whether it succeeded; the signal ends it early. */
  readonly run: (round: Round, signal: AbortSignal) => Promise<boolean>;
}

interface RunningRound {
  readonly controller: AbortController;
  readonly ended: Promise<void>;
}

/**
 * Runs rounds, one at a time. A change during a round ends it, and the next one has the files of both; those of a round
 * that failed are in the next one too, so that a failure stays in view until it is fixed.
 */
export class Rounds {
  readonly #dependencies: RoundsDependencies;
  readonly #open = new Set<string>();
  #running: RunningRound | undefined;

  constructor(dependencies: RoundsDependencies) {
    this.#dependencies = dependencies;
  }

  /** Starts a round for changed files, paths below the root. @returns resolves when it has ended, done or not */
  async start(files: readonly string[]): Promise<void> {
    for (const file of files) {
      this.#refresh(file);
      this.#open.add(file);
    }
    const before = this.#running;
    const controller = new AbortController();
    const ended = this.#after(before, controller.signal);
    this.#running = { controller, ended };
    return ended;
  }

  /** Ends the round that runs. */
  async stop(): Promise<void> {
    this.#running?.controller.abort();
    await this.#running?.ended;
  }

  async #after(before: RunningRound | undefined, signal: AbortSignal): Promise<void> {
    before?.controller.abort();
    await before?.ended;
    if (signal.aborted) return;
    const files = [...this.#open].sort();
    const { run, graph } = this.#dependencies;
    // A file that changed again during its round is not done.
    const done = await run(planRound(files, graph), signal).then((succeeded) => succeeded && !signal.aborted);
    if (done) for (const file of files) this.#open.delete(file);
  }

  #refresh(file: string): void {
    const { root, graph } = this.#dependencies;
    if (!file.endsWith(".ts")) return;
    const path = join(root, file);
    if (existsSync(path)) graph.set(file, readFileSync(path, "utf8"));
    else graph.delete(file);
  }
}
