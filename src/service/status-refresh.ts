import { type Clock, type Logger, messageOf, type RunProcess } from "charm-kit";
import type { ServiceSettings } from "../unit/service-settings.ts";
import type { StatusRefresh } from "./ports.ts";

const SHORTEST_PAUSE_MS = 60_000;
/** The command waits while a hook of the unit runs, which may build an image. */
const LIMIT_MS = 3 * 60 * 60_000;

export interface CommandRefreshDependencies {
  readonly run: RunProcess;
  readonly clock: Clock;
  readonly log: Logger;
  /** Ends refreshes with the service. */
  readonly signal: AbortSignal;
}

/** Lets the unit's status follow by an event, at most once a minute and one at a time: Juju runs no two hooks of a unit. */
export class CommandRefresh implements StatusRefresh {
  readonly #dependencies: CommandRefreshDependencies;
  #isRunning = false;
  #isAsked = false;

  constructor(dependencies: CommandRefreshDependencies) {
    this.#dependencies = dependencies;
  }

  ask({ refreshCommand }: ServiceSettings): void {
    if (refreshCommand === undefined) return;
    this.#isAsked = true;
    if (!this.#isRunning) this.#drain(refreshCommand).catch(() => undefined);
  }

  async #drain(command: readonly string[]): Promise<void> {
    const { clock, log, run, signal } = this.#dependencies;
    this.#isRunning = true;
    try {
      while (this.#isAsked) {
        this.#isAsked = false;
        await run(command, { action: "let the unit's status follow", limitMs: LIMIT_MS, signal });
        await clock.wait(SHORTEST_PAUSE_MS, signal);
      }
    } catch (thrown) {
      if (!signal.aborted) log.warning("The unit's status does not follow", { reason: messageOf(thrown) });
    } finally {
      this.#isRunning = false;
    }
  }
}
