import type { StorageFacts } from "../dispatch/hook-facts.ts";
import { Storage } from "../model/storage.ts";
import type { HookTools } from "../tools/hook-tools.ts";
import { CharmEvent, type CharmEventParts } from "./charm-event.ts";

/** Storage came or is about to go. */
export class StorageEvent<Name extends string = string> extends CharmEvent {
  /** Absent when the storage is gone already. */
  readonly storage: Storage<Name> | undefined;
  /** Mount point, or path of the block device. Absent when Juju does not tell any more. */
  readonly location: string | undefined;

  constructor(
    parts: CharmEventParts,
    facts: StorageFacts & { readonly name: Name },
    tools: Pick<HookTools, "storageGet">,
  ) {
    super(parts);
    this.storage = facts.id === undefined ? undefined : new Storage(facts.name, facts.id, tools);
    this.location = facts.location;
  }
}
