import { CharmEvent, type CharmEventParts } from "./charm-event.ts";
import type { StorageFacts } from "../dispatch/hook-facts.ts";

/** Storage came or is about to go. */
export class StorageEvent<Name extends string = string> extends CharmEvent {
  readonly storage: StorageFacts & { readonly name: Name };

  constructor(parts: CharmEventParts, storage: StorageFacts & { readonly name: Name }) {
    super(parts);
    this.storage = storage;
  }
}
