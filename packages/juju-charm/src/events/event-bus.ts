import { EventEmitter } from "eventemitter3";

/** What is called with an event. Its promise is awaited before the next handler runs. */
export type Handler<E> = (event: E) => void | Promise<void>;

/**
 * Typed events whose handlers are awaited, one after the other, in the order of their registration.
 *
 * `Events` is a map from kind to event: `interface Kinds { "runner-gone": { name: string } }`.
 */
export class EventBus<Events extends object> {
  readonly #emitter = new EventEmitter();

  /** Registers a handler and returns what takes it off again. */
  on<K extends keyof Events & string>(kind: K, handler: Handler<Events[K]>): () => void {
    // The one place where a promise is hidden from the emitter: emit() below awaits it.
    const listener = handler as (event: unknown) => void;
    this.#emitter.on(kind, listener);
    return () => void this.#emitter.off(kind, listener);
  }

  /** Tells whether anybody would be called. */
  has(kind: keyof Events & string): boolean {
    return this.#emitter.listenerCount(kind) > 0;
  }

  /** The handlers that are registered now. */
  handlers<K extends keyof Events & string>(kind: K): readonly Handler<Events[K]>[] {
    return this.#emitter.listeners(kind) as Handler<Events[K]>[];
  }

  /** Calls every handler that is registered now. The first that throws ends the run, and its error is thrown. */
  async emit<K extends keyof Events & string>(kind: K, event: Events[K]): Promise<void> {
    for (const handler of this.handlers(kind)) await handler(event);
  }
}
