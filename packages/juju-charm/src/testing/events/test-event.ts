import type { RelationFacts, SecretFacts, StorageFacts } from "../../dispatch/hook-facts.ts";
import type { LifecycleHook, RelationPhase, SecretHook, StoragePhase } from "../../dispatch/hook-name.ts";
import type { EventKind } from "../../events/event-kind.ts";
import type { JsonObject, JsonValue } from "juju-hook-tools";
import { DeferredEvent } from "../state/deferred-event.ts";
import type { AnyRelation } from "../state/relation.ts";
import type { Secret } from "../state/secret.ts";
import type { Storage } from "../state/storage.ts";

/** Juju's data for an event. */
export type Trigger =
  | { readonly family: "lifecycle"; readonly name: LifecycleHook }
  | {
      readonly family: "relation";
      readonly relation: AnyRelation;
      readonly facts: RelationFacts;
    }
  | { readonly family: "storage"; readonly storage: Storage; readonly facts: StorageFacts }
  | {
      readonly family: "secret";
      readonly name: SecretHook;
      readonly secret: Secret;
      readonly facts: SecretFacts;
    }
  | { readonly family: "action"; readonly name: string; readonly params: JsonObject; readonly id: string }
  | { readonly family: "custom"; readonly name: string };

/** An event to run, created by `ctx.on`. */
export class TestEvent {
  readonly trigger: Trigger;

  constructor(trigger: Trigger) {
    this.trigger = Object.freeze(trigger);
    Object.freeze(this);
  }

  /** Name of the hook, the action or the custom event. */
  get name(): string {
    const { trigger } = this;
    switch (trigger.family) {
      case "relation":
        return `${trigger.facts.endpoint}-relation-${trigger.facts.phase}`;
      case "storage":
        return `${trigger.facts.name}-storage-${trigger.facts.phase}`;
      case "lifecycle":
      case "secret":
      case "action":
      case "custom":
        return trigger.name;
    }
  }

  /** Kind of the event for observers. */
  get kind(): EventKind {
    const { trigger } = this;
    switch (trigger.family) {
      case "lifecycle":
      case "secret":
        return trigger.name;
      case "relation":
        return relationKind(trigger.facts);
      case "storage":
        return storageKind(trigger.facts);
      case "action":
        return `action:${trigger.name}`;
      case "custom":
        return `custom:${trigger.name}`;
    }
  }

  /**
   * The event as a deferred event of an observer, for `State.deferred`.
   *
   * @param observer name of the observer: class and method, such as `HelloCharm.onInstall`.
   */
  deferred(observer: string): DeferredEvent {
    return new DeferredEvent({ kind: this.kind, observer, facts: this.#facts });
  }

  get #facts(): JsonValue {
    if (!("facts" in this.trigger)) return {};
    // JSON has no undefined members.
    return JSON.parse(JSON.stringify(this.trigger.facts)) as JsonValue;
  }
}

function relationKind(facts: { readonly endpoint: string; readonly phase: RelationPhase }): EventKind {
  return `relation:${facts.endpoint}:${facts.phase}`;
}

function storageKind(facts: { readonly name: string; readonly phase: StoragePhase }): EventKind {
  return `storage:${facts.name}:${facts.phase}`;
}
