import type { EventKind } from "../../events/event-kind.ts";
import type { JsonValue } from "juju-hook-tools";
import { frozen } from "./frozen.ts";

/** An event that an observer has deferred: what the next dispatch begins with. */
export class DeferredEvent {
  readonly kind: EventKind;
  /** Name of the observer, such as `HelloCharm.onInstall`. */
  readonly observer: string;
  /** What the event carries beyond its name. */
  readonly facts: JsonValue;

  constructor(fields: { readonly kind: EventKind; readonly observer: string; readonly facts: JsonValue }) {
    this.kind = fields.kind;
    this.observer = fields.observer;
    this.facts = frozen(fields.facts);
    Object.freeze(this);
  }
}
