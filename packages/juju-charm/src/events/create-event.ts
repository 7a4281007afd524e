import type { RelationFacts, SecretFacts, StorageFacts } from "../dispatch/hook-facts.ts";
import { Relation, type RelationDependencies } from "../model/relation.ts";
import { ActionEvent } from "./action-event.ts";
import { CharmEvent, type CharmEventOptions } from "./charm-event.ts";
import type { EventRecord } from "./notice.ts";
import { OwnEvent } from "./own-event.ts";
import { RelationEvent } from "./relation-event.ts";
import { SecretEvent } from "./secret-event.ts";
import { StorageEvent } from "./storage-event.ts";

/** The name of an event: of the hook, the action, or the event that the charm defines. */
export function eventName({ kind }: Pick<EventRecord, "kind">): string {
  const [family, name, phase] = kind.split(":");
  if (phase !== undefined) return `${String(name)}-${String(family)}-${phase}`;
  return name ?? kind;
}

/** Creates the event for a record, with the class for its kind. */
export function createEvent(
  { kind, facts }: EventRecord,
  more: Pick<CharmEventOptions, "signal" | "defer">,
  model: RelationDependencies,
): CharmEvent {
  const options = { name: eventName({ kind }), ...more };
  const [family = kind] = kind.split(":");
  // Facts come from this dispatch or, stored as JSON, from an earlier one.
  switch (family) {
    case "relation":
      return createRelationEvent(options, facts as unknown as RelationFacts, model);
    case "storage":
      return new StorageEvent(options, facts as unknown as StorageFacts, model.tools);
    case "action":
      return new ActionEvent(options, actionID(model), model.tools);
    case "own":
      return new OwnEvent(options, facts);
    case "secret-changed":
    case "secret-remove":
    case "secret-expired":
    case "secret-rotate":
      return new SecretEvent(options, facts as unknown as SecretFacts, model.tools);
    default:
      return new CharmEvent(options);
  }
}

function actionID({ context }: RelationDependencies): string | undefined {
  return context.dispatched.kind === "action" ? context.dispatched.id : undefined;
}

function createRelationEvent(
  options: CharmEventOptions,
  facts: RelationFacts,
  model: RelationDependencies,
): RelationEvent {
  const { endpoint, id, remoteApp, phase } = facts;
  const relation = new Relation({ endpoint, id, remoteApp, isBroken: phase === "broken" }, model);
  return new RelationEvent(options, relation, facts);
}
