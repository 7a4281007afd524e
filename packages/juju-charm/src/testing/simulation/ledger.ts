import { ToolError } from "juju-hook-tools";
import type { State } from "../state/state.ts";

/** How a state becomes another. */
export type Change = (state: State) => State;

/**
 * The state while a dispatch runs, twice: as it is already, and as it will be once the dispatch has succeeded.
 *
 * Juju keeps some writes at once and sends the others to the controller together when the process ends well, all or
 * none.
 */
export class Ledger {
  #kept: State;
  #pending: State;
  #fault: ToolError | undefined;

  constructor(state: State) {
    this.#kept = state;
    this.#pending = state;
  }

  /** Without what is buffered. */
  get kept(): State {
    return this.#kept;
  }

  /** With what is buffered: what the dispatch itself reads. */
  get pending(): State {
    return this.#pending;
  }

  /** Makes a change that survives the failure of the hook. */
  keep(change: Change): void {
    this.#kept = change(this.#kept);
    this.#pending = change(this.#pending);
  }

  /** Makes a change that is dropped when the hook fails. */
  buffer(change: Change): void {
    this.#pending = change(this.#pending);
  }

  /** Buffers a write that the controller will refuse, and all the others with it. */
  bufferRefused(message: string): void {
    this.#fault ??= new ToolError(message);
  }

  /** @throws ToolError when the controller refuses what is buffered; nothing of it is then kept. */
  flush(): void {
    if (this.#fault) throw this.#fault;
    this.#kept = this.#pending;
  }
}
