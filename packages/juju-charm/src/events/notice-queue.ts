import type { StateSlot } from "../state/state-slot.ts";
import type { StoredState } from "../state/stored-state.ts";
import type { JsonValue } from "../tools/hook-tools.ts";
import { isSameNotice, readNotice, type Notice } from "./notice.ts";

/** Slot of the stored state with deferred events. */
export const DEFERRED_SLOT = "#deferred";

const DEFERRED: StateSlot<readonly JsonValue[]> = {
  name: DEFERRED_SLOT,
  parse: (stored) => (Array.isArray(stored) ? (stored as readonly JsonValue[]) : []),
};

/**
 * Queue of undelivered events, first in, first out. Loaded at the start of a dispatch and saved with the stored state,
 * so that a failed dispatch leaves it unchanged.
 */
export class NoticeQueue {
  readonly #state: StoredState;
  #notices: Notice[] = [];

  constructor(state: StoredState) {
    this.#state = state;
  }

  /**
   * Reads the events that earlier dispatches deferred.
   *
   * @returns the number of invalid entries, which are dropped.
   * @throws {@link StoredStateError} when the stored state cannot be read.
   */
  async load(): Promise<number> {
    const stored = await this.#state.read(DEFERRED);
    this.#notices = stored.map(readNotice).filter((notice) => notice !== undefined);
    return stored.length - this.#notices.length;
  }

  /** The pending notices, oldest first. */
  get notices(): readonly Notice[] {
    return [...this.#notices];
  }

  /** @returns false when an equal notice is already pending. */
  add(notice: Notice): boolean {
    if (this.#notices.some((waiting) => isSameNotice(waiting, notice))) return false;
    this.#notices.push(notice);
    return true;
  }

  remove(notice: Notice): void {
    this.#notices = this.#notices.filter((waiting) => waiting !== notice);
  }

  /** Writes the queue into the stored state, which commits it. */
  async save(): Promise<void> {
    const known = await this.#state.read(DEFERRED);
    const notices = this.#notices.map(({ kind, observer, facts }) => ({ kind, observer, facts }));
    if (notices.length > 0 || known.length > 0) await this.#state.write(DEFERRED, notices);
  }
}
