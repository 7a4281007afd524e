import type { AgentEvent } from "juju-agent";

/** Kills the dispatch that shows certain statuses, each once. */
export class KillAtStatus {
  /** Messages of the statuses at which it is still to be killed. */
  readonly due = new Set<string>();
  /** Messages of those at which it was. */
  readonly done: string[] = [];
  readonly #kill: () => boolean;

  /** @param kill ends the dispatch that runs, and tells whether there was one. */
  constructor(kill: () => boolean) {
    this.#kill = kill;
  }

  /** Sees what the agent tells. */
  readonly onEvent = (event: AgentEvent): void => {
    if (event.kind !== "status" || !this.due.delete(event.status.message)) return;
    if (this.#kill()) this.done.push(event.status.message);
  };
}
