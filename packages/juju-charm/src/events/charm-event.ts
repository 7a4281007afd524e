import { DeferError } from "./defer-error.ts";

/** Members of every event. */
export interface CharmEventOptions {
  readonly name: string;
  readonly signal: AbortSignal;
  /** Defers the event to the next dispatch; throws when that is not possible. Absent for events without observers. */
  readonly defer?: () => void;
}

/** An event. Events with more facts are subclasses. */
export class CharmEvent {
  /** Juju's name of the event, such as `config-changed`; for an action, its name. */
  readonly name: string;
  /** Aborted when Juju ends the dispatch early. Pass it to every call that a handler awaits. */
  readonly signal: AbortSignal;
  readonly #defer: (() => void) | undefined;

  constructor(options: CharmEventOptions) {
    this.name = options.name;
    this.signal = options.signal;
    this.#defer = options.defer;
  }

  /**
   * Re-emits this event to this observer before the event of the next dispatch. The handler continues to its end. Note:
   *
   * - Deferring starts no dispatch. The next one may be `update-status` in some minutes, or hours later when the model
   *   disables it. When another Juju event announces the change you wait for, do not defer: return, and handle that event.
   * - A deferred event keeps the facts of its own dispatch, while model, relations and configuration are those of the
   *   later one. Its secret may have a newer revision. When its relation, unit, storage or secret is gone, an event that
   *   announced it is dropped with a warning; `departed`, `broken` and `detaching` are still emitted.
   * - Deferred events are re-emitted in their original order, and only to the observers that deferred them. For two equal
   *   events, the observer is called once.
   * - A failed hook leaves the queue unchanged: its re-emitted events are emitted again when Juju retries.
   * - The observer is identified by its class and method. When an upgrade renames either, its deferred events are dropped
   *   with a warning. An explicit name avoids this: `framework.observe(event, handler, { name })`.
   *
   * @throws {@link DeferError} for actions, `stop`, `remove`, `secret-expired`, `secret-rotate` and the framework's
   *   events, for observers without a name, and after the handler has ended.
   */
  defer(): void {
    if (!this.#defer) throw new DeferError(this.name, "the framework cannot re-emit it");
    this.#defer();
  }
}
