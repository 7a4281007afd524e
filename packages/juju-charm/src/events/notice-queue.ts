import type { StateSlot } from "../state/state-slot.ts";
import type { StoredState } from "../state/stored-state.ts";
import type { JsonValue } from "../tools/hook-tools.ts";
import { isSameNotice, readNotice, type Notice } from "./notice.ts";

/** Slot of the stored state that holds deferred events. */
export const DEFERRED_SLOT = "#deferred";

const DEFERRED: StateSlot<readonly JsonValue[]> = {
  name: DEFERRED_SLOT,
  parse: (stored) => (Array.isArray(stored) ? (stored as readonly JsonValue[]) : []),
};

/**
 * Events that observers are still to get, first come, first served. It is read before anything else in a dispatch and
 * written with the stored state: a dispatch that fails leaves what the last one has left.
 */
export class NoticeQueue {
  readonly #state: StoredState;
  #notices: Notice[] = [];

  constructor(state: StoredState) {
    this.#state = state;
  }

  /**
   * Reads what earlier dispatches have deferred.
   *
   * @returns how many entries are no notices; they are forgotten.
   * @throws {@link StoredStateError} when the stored state cannot be read.
   */
  async load(): Promise<number> {
    const stored = await this.#state.read(DEFERRED);
    this.#notices = stored.map(readNotice).filter((notice) => notice !== undefined);
    return stored.length - this.#notices.length;
  }

  /** What waits, in the order in which it came. */
  get notices(): readonly Notice[] {
    return [...this.#notices];
  }

  /** @returns false when an equal notice waits already. */
  add(notice: Notice): boolean {
    if (this.#notices.some((waiting) => isSameNotice(waiting, notice))) return false;
    this.#notices.push(notice);
    return true;
  }

  remove(notice: Notice): void {
    this.#notices = this.#notices.filter((waiting) => waiting !== notice);
  }

  /** Puts the queue into the stored state, to be committed with it. */
  async save(): Promise<void> {
    const known = await this.#state.read(DEFERRED);
    const notices = this.#notices.map(({ kind, observer, facts }) => ({ kind, observer, facts }));
    if (notices.length > 0 || known.length > 0) await this.#state.write(DEFERRED, notices);
  }
}
