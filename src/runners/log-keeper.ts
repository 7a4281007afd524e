import { messageOf, type Clock, type Logger } from "charm-kit";
import type { KeptLogs, RunnerLogs } from "./ports.ts";
import type { RunnerNames } from "./runner-name.ts";

export interface LogKeeperDependencies {
  readonly logs: RunnerLogs;
  readonly names: RunnerNames;
  readonly clock: Clock;
  readonly log: Logger;
}

const KEPT_MS = 7 * 24 * 60 * 60_000;

/** Deletes old logs of a unit's runners from the host. */
export class LogKeeper {
  readonly #dependencies: LogKeeperDependencies;

  constructor(dependencies: LogKeeperDependencies) {
    this.#dependencies = dependencies;
  }

  /** Deletes logs that are seven days old. A failure is logged, and the next sweep tries again. */
  async sweep(): Promise<void> {
    const { logs, clock, log } = this.#dependencies;
    try {
      for (const { runner, pulledAt } of await this.#kept()) {
        if (clock.now() - pulledAt >= KEPT_MS) await logs.delete(runner);
      }
    } catch (thrown) {
      log.warning("Cannot delete old logs of runners", { reason: messageOf(thrown) });
    }
  }

  /** Deletes all logs of the unit's runners. */
  async remove(): Promise<void> {
    for (const { runner } of await this.#kept()) await this.#dependencies.logs.delete(runner);
  }

  async #kept(): Promise<readonly KeptLogs[]> {
    const { logs, names } = this.#dependencies;
    return (await logs.kept()).filter(({ runner }) => names.owns(runner));
  }
}
