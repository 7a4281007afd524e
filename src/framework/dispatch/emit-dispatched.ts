import { ActionEvent } from "../events/action-event.ts";
import { CharmEvent, type CharmEventParts } from "../events/charm-event.ts";
import type { EventKind } from "../events/charm-events.ts";
import type { Framework } from "../framework.ts";
import type { Hook } from "./hook-facts.ts";
import type { Dispatched } from "./juju-context.ts";
import { RelationEvent } from "../events/relation-event.ts";
import { SecretEvent } from "../events/secret-event.ts";
import { StorageEvent } from "../events/storage-event.ts";

/** The kind under which observers know what Juju dispatched. */
export function kindOf(dispatched: Dispatched): EventKind {
  if (dispatched.kind !== "hook") return `${dispatched.kind}:${dispatched.name}`;
  const { hook } = dispatched;
  switch (hook.family) {
    case "lifecycle":
    case "secret":
      return hook.name;
    case "relation":
      return `relation:${hook.relation.endpoint}:${hook.relation.phase}`;
    case "storage":
      return `storage:${hook.storage.name}:${hook.storage.phase}`;
  }
}

/** Calls the observers of what Juju dispatched, with the event that belongs to it. */
export async function emitDispatched(framework: Framework): Promise<void> {
  const { dispatched } = framework.context;
  const parts = { name: dispatched.name, signal: framework.signal };
  switch (dispatched.kind) {
    case "action":
      return framework.emit(`action:${dispatched.name}`, new ActionEvent(parts, framework.tools));
    case "custom":
      return framework.emit(`custom:${dispatched.name}`, new CharmEvent(parts));
    case "hook":
      return emitHook(framework, dispatched.hook, parts);
  }
}

async function emitHook(framework: Framework, hook: Hook, parts: CharmEventParts): Promise<void> {
  switch (hook.family) {
    case "lifecycle":
      return framework.emit(hook.name, new CharmEvent(parts));
    case "secret":
      return framework.emit(hook.name, new SecretEvent(parts, hook.secret));
    case "relation": {
      const { endpoint, phase } = hook.relation;
      return framework.emit(`relation:${endpoint}:${phase}`, new RelationEvent(parts, hook.relation));
    }
    case "storage": {
      const { name, phase } = hook.storage;
      return framework.emit(`storage:${name}:${phase}`, new StorageEvent(parts, hook.storage));
    }
  }
}
