import type { RelationFacts, SecretFacts, StorageFacts } from "../dispatch/hook-facts.ts";
import type { HookTools } from "../tools/hook-tools.ts";
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
  tools: HookTools,
): CharmEvent {
  const parts = { name: eventName({ kind }), ...more };
  const [family = kind] = kind.split(":");
  // Facts come from the context of this dispatch or, frozen into JSON, from that of an earlier one.
  switch (family) {
    case "relation":
      return new RelationEvent(parts, facts as unknown as RelationFacts);
    case "storage":
      return new StorageEvent(parts, facts as unknown as StorageFacts);
    case "action":
      return new ActionEvent(parts, tools);
    case "own":
      return new OwnEvent(parts, facts);
    case "secret-changed":
    case "secret-remove":
    case "secret-expired":
    case "secret-rotate":
      return new SecretEvent(parts, facts as unknown as SecretFacts);
    default:
      return new CharmEvent(parts);
  }
}
