import type { EventKind } from "../../events/event-kind.ts";
import type { JsonValue } from "juju-hook-tools";
import { frozen } from "./frozen.ts";

/** A deferred event, which the next dispatch re-emits to its observer. */
export class DeferredEvent {
  readonly kind: EventKind;
  /** Name of the observer, such as `HelloCharm.onInstall`. */
  readonly observer: string;
  /** The event's data besides its name. */
  readonly facts: JsonValue;

  constructor(fields: { readonly kind: EventKind; readonly observer: string; readonly facts: JsonValue }) {
    this.kind = fields.kind;
    this.observer = fields.observer;
    this.facts = frozen(fields.facts);
    Object.freeze(this);
  }
}
