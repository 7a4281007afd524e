import { messageOf, type Clock, type Logger } from "charm-kit";
import type { KeptLogs, RunnerLogs } from "./ports.ts";
import type { RunnerNames } from "./runner-name.ts";

/** What a {@link LogKeeper} is made of. */
export interface LogKeeperDependencies {
  readonly logs: RunnerLogs;
  readonly names: RunnerNames;
  readonly clock: Clock;
  readonly log: Logger;
}

const KEPT_MS = 7 * 24 * 60 * 60_000;

/** Ends the time for which the logs of a unit's runners are kept on the host. */
export class LogKeeper {
  readonly #dependencies: LogKeeperDependencies;

  constructor(dependencies: LogKeeperDependencies) {
    this.#dependencies = dependencies;
  }

  /** Deletes what was pulled seven days ago or earlier. What cannot be deleted is logged, and tried again. */
  async sweep(): Promise<void> {
    const { logs, clock, log } = this.#dependencies;
    try {
      for (const { runner, pulledAt } of await this.#kept()) {
        if (clock.now() - pulledAt >= KEPT_MS) await logs.delete(runner);
      }
    } catch (thrown) {
      log.warning("Old logs of runners not deleted", { reason: messageOf(thrown) });
    }
  }

  /** Deletes all that is kept of the unit's runners. */
  async remove(): Promise<void> {
    for (const { runner } of await this.#kept()) await this.#dependencies.logs.delete(runner);
  }

  async #kept(): Promise<readonly KeptLogs[]> {
    const { logs, names } = this.#dependencies;
    return (await logs.kept()).filter(({ runner }) => names.owns(runner));
  }
}
