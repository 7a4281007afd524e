import { DeferError } from "./defer-error.ts";

/** What every event carries. */
export interface CharmEventParts {
  readonly name: string;
  readonly signal: AbortSignal;
  /** Has the event brought again in the next dispatch; throws when that cannot be. Absent for events without observers. */
  readonly defer?: () => void;
}

/** An event that Juju delivers to a charm. Events that carry more are subclasses. */
export class CharmEvent {
  /** Name as Juju has it, such as `config-changed`; of an action, the action's name. */
  readonly name: string;
  /** Aborted when Juju ends the dispatch early; to be passed to everything a handler waits for. */
  readonly signal: AbortSignal;
  readonly #defer: (() => void) | undefined;

  constructor(parts: CharmEventParts) {
    this.name = parts.name;
    this.signal = parts.signal;
    this.#defer = parts.defer;
  }

  /**
   * Has this event brought to this observer again, before the event of the next dispatch. The handler goes on to its
   * end. Before deferring, think of this:
   *
   * - Nothing wakes the charm for it: the next dispatch may be `update-status`, minutes away, or hours away where the
   *   model has that switched off. What Juju announces by an event of its own needs no deferring: return, and act when
   *   that event comes.
   * - The event is a memory: it has the facts of its own dispatch, while the model, the relations and the configuration
   *   are those of the later one. Its relation may be gone, its secret may have a newer revision.
   * - Deferred events come first come, first served, and only to the observers that deferred them. An event that equals
   *   one that waits is not brought twice: the observer is called once for both.
   * - A hook that fails leaves the queue as it was: what had been brought again comes again when Juju retries.
   * - The observer is known by its class and method. When an upgrade renames either, what it deferred is dropped with a
   *   warning; give the observer a name of its own to be free of that: `framework.observe(event, handler, { name })`.
   *
   * @throws {@link DeferError} for actions, `stop`, `remove`, `secret-expired`, `secret-rotate` and the framework's own
   * events, for observers without a name, and after the handler's end.
   */
  defer(): void {
    if (!this.#defer) throw new DeferError(this.name, "nobody brings it again");
    this.#defer();
  }
}
