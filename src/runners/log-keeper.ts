import { messageOf, type Clock, type Logger } from "charm-kit";
import type { Ending, KeptLogs, RunnerLogs } from "./ports.ts";
import type { RunnerNames } from "./runner-name.ts";

/** How much of ended runners is kept on the host: what is beyond one of these is deleted, the oldest first. */
export interface CapsuleLimits {
  /** Most runners of which anything is kept. */
  readonly count: number;
  /** Most bytes of all of it. */
  readonly bytes: number;
  readonly ageMs: number;
}

/** Limits of a unit whose configuration names none. */
export const CAPSULE_LIMITS: CapsuleLimits = {
  count: 50,
  bytes: 256 * 2 ** 20,
  ageMs: 7 * 24 * 60 * 60_000,
};

export interface LogKeeperDependencies {
  readonly logs: RunnerLogs;
  readonly names: RunnerNames;
  readonly clock: Clock;
  readonly log: Logger;
}

/** Longest time that logs are being written. Older ones were left by a process that was killed. */
const UNFINISHED_MS = 60 * 60_000;

/** Keeps capsules and other logs of a unit's runners on the host, within limits. */
export class LogKeeper {
  readonly #dependencies: LogKeeperDependencies;
  readonly #limits: CapsuleLimits;

  constructor(dependencies: LogKeeperDependencies, limits: CapsuleLimits) {
    this.#dependencies = dependencies;
    this.#limits = limits;
  }

  /** Keeps a capsule, and the limits at once: all runners of a unit may end together. @returns its directory */
  async keep(ending: Ending, signal: AbortSignal): Promise<string> {
    const directory = await this.#dependencies.logs.keep(ending, signal);
    await this.sweep();
    return directory;
  }

  /** Deletes logs that are beyond the limits. A failure is logged, and the next sweep tries again. */
  async sweep(): Promise<void> {
    const { logs, clock, log } = this.#dependencies;
    try {
      const surplus = surplusLogs(await this.#kept(), this.#limits, clock.now());
      for (const runner of surplus) await logs.delete(runner);
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

/** Names of the runners whose logs are deleted; none of those that are being written. Pure. */
export function surplusLogs(
  kept: readonly KeptLogs[],
  limits: CapsuleLimits,
  now: number,
): readonly string[] {
  const isBeingWritten = (logs: KeptLogs) => logs.isUnfinished && now - logs.pulledAt < UNFINISHED_MS;
  const written = new Set(kept.filter(isBeingWritten).map(({ runner }) => runner));
  const whole = kept.filter(({ isUnfinished, runner }) => !isUnfinished && !written.has(runner));
  const newestFirst = whole.sort((left, right) => right.pulledAt - left.pulledAt);
  let bytes = 0;
  const surplus = newestFirst.filter((logs, index) => {
    bytes += logs.bytes;
    return now - logs.pulledAt >= limits.ageMs || index >= limits.count || bytes > limits.bytes;
  });
  const abandoned = kept.filter(({ isUnfinished, runner }) => isUnfinished && !written.has(runner));
  return [...surplus, ...abandoned].map(({ runner }) => runner);
}
