import type { CharmEvent } from "./charm-event.ts";
import type { EventKind } from "./event-kind.ts";

declare const eventType: unique symbol;

/** An observable event: a member of `charm.on`, or an event that the charm defines. Its handlers receive an `E`. */
export interface BoundEvent<E extends CharmEvent = CharmEvent> {
  readonly kind: EventKind;
  /** Never set. Holds the event class for the compiler. */
  readonly [eventType]?: E;
}

/** Creates the member of `charm.on` for a kind of event. */
export function bindEvent<E extends CharmEvent>(kind: EventKind): BoundEvent<E> {
  return Object.freeze({ kind });
}
