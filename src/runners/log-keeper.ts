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
/** Most runners with logs on the host, and most bytes of all of them. */
const MOST_RUNNERS = 50;
const MOST_BYTES = 256 * 2 ** 20;

/** Deletes old logs of a unit's runners from the host. */
export class LogKeeper {
  readonly #dependencies: LogKeeperDependencies;

  constructor(dependencies: LogKeeperDependencies) {
    this.#dependencies = dependencies;
  }

  /**
   * Deletes logs that are seven days old, and of more than 50 runners or 256 MiB the oldest ones. A failure is logged, and
   * the next sweep tries again.
   */
  async sweep(): Promise<void> {
    const { logs, clock, log } = this.#dependencies;
    try {
      for (const runner of surplusLogs(await this.#kept(), clock.now())) await logs.delete(runner);
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

/** Names of the runners whose logs are deleted. Pure. */
export function surplusLogs(kept: readonly KeptLogs[], now: number): readonly string[] {
  const newestFirst = [...kept].sort((left, right) => right.pulledAt - left.pulledAt);
  let bytes = 0;
  return newestFirst.flatMap((logs, index) => {
    bytes += logs.bytes;
    const stays = now - logs.pulledAt < KEPT_MS && index < MOST_RUNNERS && bytes <= MOST_BYTES;
    return stays ? [] : [logs.runner];
  });
}
