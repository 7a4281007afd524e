import { EventEmitter } from "eventemitter3";

/** Handles an event. Its promise is awaited before the next handler runs. */
export type Handler<E> = (event: E) => void | Promise<void>;

/**
 * Typed events with asynchronous handlers, which run one after the other in the order of registration.
 *
 * `Events` maps kinds to events: `interface Kinds { "runner-gone": { name: string } }`.
 */
export class EventBus<Events extends object> {
  readonly #emitter = new EventEmitter();

  /** Registers a handler and returns a function that removes it. */
  on<K extends keyof Events & string>(kind: K, handler: Handler<Events[K]>): () => void {
    // The emitter ignores the promise; emit() awaits it.
    const listener = handler as (event: unknown) => void;
    this.#emitter.on(kind, listener);
    return () => void this.#emitter.off(kind, listener);
  }

  /** Whether the kind has a handler. */
  has(kind: keyof Events & string): boolean {
    return this.#emitter.listenerCount(kind) > 0;
  }

  /** The kinds that have handlers. */
  kinds(): readonly string[] {
    return this.#emitter.eventNames().map(String);
  }

  /** The currently registered handlers. */
  handlers<K extends keyof Events & string>(kind: K): readonly Handler<Events[K]>[] {
    return this.#emitter.listeners(kind) as Handler<Events[K]>[];
  }

  /** Calls every currently registered handler. Stops at the first error and rejects with it. */
  async emit<K extends keyof Events & string>(kind: K, event: Events[K]): Promise<void> {
    for (const handler of this.handlers(kind)) await handler(event);
  }
}
