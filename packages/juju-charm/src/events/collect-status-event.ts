import { CharmEvent } from "./charm-event.ts";
import type { Status, StatusName } from "../tools/hook-tools.ts";

const PRIORITIES: Readonly<Record<StatusName, number>> = {
  blocked: 4,
  maintenance: 3,
  waiting: 2,
  active: 1,
};

/** Collects statuses from observers at the end of a dispatch. The worst status wins. */
export class CollectStatusEvent extends CharmEvent {
  #worst: Status | undefined;

  /** Adds a status. An observer may add several. */
  addStatus(status: Status): void {
    if (!this.#worst || PRIORITIES[status.name] > PRIORITIES[this.#worst.name]) this.#worst = status;
  }

  /** The status with the highest priority (blocked, maintenance, waiting, active); of equal ones the first. */
  get worst(): Status | undefined {
    return this.#worst;
  }
}
