import type { RelationFacts, SecretFacts, StorageFacts } from "../dispatch/hook-facts.ts";
import { Relation, type RelationParts } from "../model/relation.ts";
import { ActionEvent } from "./action-event.ts";
import { CharmEvent, type CharmEventParts } from "./charm-event.ts";
import type { EventRecord } from "./notice.ts";
import { OwnEvent } from "./own-event.ts";
import { RelationEvent } from "./relation-event.ts";
import { SecretEvent } from "./secret-event.ts";
import { StorageEvent } from "./storage-event.ts";

/** Name of an event as Juju has it: that of the hook, of the action, or of the charm's own event. */
export function eventName({ kind }: Pick<EventRecord, "kind">): string {
  const [family, name, phase] = kind.split(":");
  if (phase !== undefined) return `${String(name)}-${String(family)}-${phase}`;
  return name ?? kind;
}

/** Makes the event of a record, with the class that belongs to its kind. */
export function createEvent(
  { kind, facts }: EventRecord,
  more: Pick<CharmEventParts, "signal" | "defer">,
  model: RelationParts,
): CharmEvent {
  const parts = { name: eventName({ kind }), ...more };
  const [family = kind] = kind.split(":");
  // Facts come from the context of this dispatch or, frozen into JSON, from that of an earlier one.
  switch (family) {
    case "relation":
      return createRelationEvent(parts, facts as unknown as RelationFacts, model);
    case "storage":
      return new StorageEvent(parts, facts as unknown as StorageFacts, model.tools);
    case "action":
      return new ActionEvent(parts, model.tools);
    case "own":
      return new OwnEvent(parts, facts);
    case "secret-changed":
    case "secret-remove":
    case "secret-expired":
    case "secret-rotate":
      return new SecretEvent(parts, facts as unknown as SecretFacts, model.tools);
    default:
      return new CharmEvent(parts);
  }
}

function createRelationEvent(
  parts: CharmEventParts,
  facts: RelationFacts,
  model: RelationParts,
): RelationEvent {
  const { endpoint, id, remoteApp, phase } = facts;
  const relation = new Relation({ endpoint, id, remoteApp, isBroken: phase === "broken" }, model);
  return new RelationEvent(parts, relation, facts);
}
