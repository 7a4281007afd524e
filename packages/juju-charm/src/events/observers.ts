import type { CharmEvent } from "./charm-event.ts";
import { EventBus, type Handler } from "./event-bus.ts";
import type { EventKind } from "./event-kind.ts";
import { handlerName } from "./handler-name.ts";

/** Begins the kind of a custom event. */
const CUSTOM = "custom:";

/** A handler that is registered for one kind of event. */
export interface Observer {
  /** The same in every dispatch, such as `HelloCharm.onInstall`; undefined for a function without a name. */
  readonly name: string | undefined;
  readonly handle: Handler<CharmEvent>;
}

/** Registered observers by kind of event, in the order of registration. */
export class Observers {
  readonly #bus = new EventBus<Readonly<Record<EventKind, CharmEvent>>>();
  readonly #names = new WeakMap<Handler<CharmEvent>, string>();

  /** @returns a function that removes the observer. */
  add(kind: EventKind, handler: Handler<CharmEvent>, name = handlerName(handler)): () => void {
    // A new function for each registration: one handler may observe several events under several names.
    const handle: Handler<CharmEvent> = (event) => handler(event);
    if (name !== undefined) this.#names.set(handle, name);
    return this.#bus.on(kind, handle);
  }

  has(kind: EventKind): boolean {
    return this.#bus.has(kind);
  }

  /** Names of the custom events that have observers, sorted. */
  customEvents(): readonly string[] {
    const kinds = this.#bus.kinds().filter((kind) => kind.startsWith(CUSTOM));
    return kinds.map((kind) => kind.slice(CUSTOM.length)).sort();
  }

  of(kind: EventKind): readonly Observer[] {
    return this.#bus.handlers(kind).map((handle) => ({ name: this.#names.get(handle), handle }));
  }
}
