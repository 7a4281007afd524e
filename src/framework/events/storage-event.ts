import { CharmEvent, type CharmEventParts } from "./charm-event.ts";
import type { StorageFacts } from "../dispatch/hook-facts.ts";

/** Storage came or is about to go. */
export class StorageEvent extends CharmEvent {
  readonly storage: StorageFacts;

  constructor(parts: CharmEventParts, storage: StorageFacts) {
    super(parts);
    this.storage = storage;
  }
}
