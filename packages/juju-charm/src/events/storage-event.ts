import type { StorageFacts } from "../dispatch/hook-facts.ts";
import { Storage } from "../model/storage.ts";
import type { HookTools } from "../tools/hook-tools.ts";
import { CharmEvent, type CharmEventOptions } from "./charm-event.ts";

/** A storage hook: the storage is attached, or will be detached. */
export class StorageEvent<Name extends string = string> extends CharmEvent {
  /** Absent when the storage no longer exists. */
  readonly storage: Storage<Name> | undefined;
  /** Mount point, or path of the block device. Absent when Juju no longer knows it. */
  readonly location: string | undefined;

  constructor(
    options: CharmEventOptions,
    facts: StorageFacts & { readonly name: Name },
    tools: Pick<HookTools, "storageGet">,
  ) {
    super(options);
    this.storage = facts.id === undefined ? undefined : new Storage(facts.name, facts.id, tools);
    this.location = facts.location;
  }
}
