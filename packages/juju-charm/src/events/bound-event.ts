import type { CharmEvent } from "./charm-event.ts";
import type { EventKind } from "./event-kind.ts";

declare const eventType: unique symbol;

/** An event that can be observed: a member of `charm.on`, or an event of the charm's own. `E` is what its handlers get. */
export interface BoundEvent<E extends CharmEvent = CharmEvent> {
  readonly kind: EventKind;
  /** Never there: it is what the compiler knows the event by. */
  readonly [eventType]?: E;
}

/** Makes the member of `charm.on` for a kind of event. */
export function bindEvent<E extends CharmEvent>(kind: EventKind): BoundEvent<E> {
  return Object.freeze({ kind });
}
