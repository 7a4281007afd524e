import { ToolError } from "juju-hook-tools";
import type { State } from "../state/state.ts";

/** A function from a state to the changed state. */
export type Change = (state: State) => State;

/**
 * The state during a dispatch: the committed state, and the pending state for a successful end.
 *
 * Juju commits some writes immediately, and buffers others. It sends these to the controller when the process succeeds,
 * all or none.
 */
export class StateTransaction {
  #committed: State;
  #pending: State;
  #refusal: ToolError | undefined;

  constructor(state: State) {
    this.#committed = state;
    this.#pending = state;
  }

  /** The state without buffered changes. */
  get committed(): State {
    return this.#committed;
  }

  /** The state with buffered changes, for reads of the dispatch. */
  get pending(): State {
    return this.#pending;
  }

  /** Commits a change immediately. It stays when the hook fails. */
  commit(change: Change): void {
    this.#committed = change(this.#committed);
    this.#pending = change(this.#pending);
  }

  /** Buffers a change. It is dropped when the hook fails. */
  buffer(change: Change): void {
    this.#pending = change(this.#pending);
  }

  /** Buffers a write that the controller will refuse together with all other buffered writes. */
  bufferRefused(message: string): void {
    this.#refusal ??= new ToolError(message);
  }

  /** Commits all buffered changes. @throws ToolError when the controller refuses them; none is then committed. */
  flush(): void {
    if (this.#refusal) throw this.#refusal;
    this.#committed = this.#pending;
  }
}
