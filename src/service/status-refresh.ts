import { type Clock, type Logger, messageOf, runOrFail, type RunProcess } from "charm-kit";
import type { ServiceSettings } from "../unit/service-settings.ts";
import type { HookRequest, StatusRefresh } from "./ports.ts";

/** Between two hooks that the service asks for. */
const SHORTEST_PAUSE_MS = 60_000;
const LONGEST_PAUSE_MS = 16 * 60_000;
/** The command waits while a hook of the unit runs, which may build an image. */
const LIMIT_MS = 3 * 60 * 60_000;

export interface CommandRefreshDependencies {
  readonly run: RunProcess;
  readonly clock: Clock;
  readonly log: Logger;
  /** Ends refreshes with the service. */
  readonly signal: AbortSignal;
}

/** What has been asked for and not done yet. */
interface Asked {
  readonly settings: ServiceSettings;
  readonly hook: HookRequest;
}

/**
 * Asks for hooks, at most one a minute and one at a time: Juju runs no two hooks of a unit. What fails is asked for again,
 * after a pause that grows.
 */
export class CommandRefresh implements StatusRefresh {
  readonly #dependencies: CommandRefreshDependencies;
  #isRunning = false;
  #asked: Asked | undefined;

  constructor(dependencies: CommandRefreshDependencies) {
    this.#dependencies = dependencies;
  }

  ask(settings: ServiceSettings, hook: HookRequest): void {
    const asked = merge(this.#asked, { settings, hook });
    if (commandOf(asked) === undefined) return;
    this.#asked = asked;
    if (!this.#isRunning) this.#drain().catch(() => undefined);
  }

  async #drain(): Promise<void> {
    const { clock, signal } = this.#dependencies;
    this.#isRunning = true;
    let failures = 0;
    try {
      for (let asked = this.#take(); asked; asked = this.#take()) {
        failures = (await this.#isDone(asked)) ? 0 : failures + 1;
        await clock.wait(
          Math.min(LONGEST_PAUSE_MS, SHORTEST_PAUSE_MS * 2 ** Math.max(0, failures - 1)),
          signal,
        );
      }
    } finally {
      this.#isRunning = false;
    }
  }

  #take(): Asked | undefined {
    const asked = this.#asked;
    this.#asked = undefined;
    return asked;
  }

  async #isDone(asked: Asked): Promise<boolean> {
    const { log, run, signal } = this.#dependencies;
    try {
      await runOrFail(run, commandOf(asked) ?? [], { action: "ask for a hook", limitMs: LIMIT_MS, signal });
      return true;
    } catch (thrown) {
      signal.throwIfAborted();
      log.warning("Cannot refresh the unit's status", { reason: messageOf(thrown) });
      this.#askAgain(asked);
      return false;
    }
  }

  #askAgain(failed: Asked): void {
    this.#asked = this.#asked ? merge(failed, this.#asked) : failed;
  }
}

/** A reconcile sets the status as well; newer settings may name another command. */
function merge(earlier: Asked | undefined, { settings, hook }: Asked): Asked {
  return { settings, hook: earlier?.hook === "reconcile-runners" ? earlier.hook : hook };
}

/** undefined where nothing on the machine can dispatch it. */
function commandOf({ settings, hook }: Asked): readonly string[] | undefined {
  return hook === "reconcile-runners" ? settings.reconcileCommand : settings.refreshCommand;
}
