import { CharmEvent } from "./charm-event.ts";
import type { Status, StatusName } from "../tools/hook-tools.ts";

const PRIORITIES: Readonly<Record<StatusName, number>> = {
  blocked: 4,
  maintenance: 3,
  waiting: 2,
  active: 1,
};

/** Asks observers, at the end of a dispatch, what they know of the status. The worst status wins. */
export class CollectStatusEvent extends CharmEvent {
  #worst: Status | undefined;

  /** Adds a status, as often as there is something to say. */
  addStatus(status: Status): void {
    if (!this.#worst || PRIORITIES[status.name] > PRIORITIES[this.#worst.name]) this.#worst = status;
  }

  /** The status with the highest priority (blocked, maintenance, waiting, active); the first of equals. */
  get worst(): Status | undefined {
    return this.#worst;
  }
}
