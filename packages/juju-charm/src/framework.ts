import type { Logger, Redactor } from "charm-kit";
import type { JujuContext } from "./dispatch/juju-context.ts";
import type { BoundEvent } from "./events/bound-event.ts";
import type { CharmEvent } from "./events/charm-event.ts";
import type { Emitter } from "./events/emitter.ts";
import type { EventKind } from "./events/event-kind.ts";
import type { Handler } from "./events/event-bus.ts";
import type { Observers } from "./events/observers.ts";
import type { OwnEventSource } from "./events/own-event.ts";
import type { StoredState } from "./state/stored-state.ts";
import type { HookTools, JsonValue } from "./tools/hook-tools.ts";

/** What a framework is made of. */
export interface FrameworkParts {
  readonly context: JujuContext;
  readonly tools: HookTools;
  readonly log: Logger;
  readonly state: StoredState;
  readonly redactor: Redactor;
  readonly signal: AbortSignal;
  readonly observers: Observers;
  readonly emitter: Emitter;
}

/** How an observer is registered. */
export interface ObserveOptions {
  /**
   * Name under which a later dispatch finds the observer of a deferred event; it stays the same in all versions of the
   * charm, and differs from those of the other observers of the event.
   *
   * @default class and name of a method, such as `HelloCharm.onInstall`; the function's own name otherwise.
   */
  readonly name?: string;
}

/** Connects one dispatch of Juju with the charm: made before the charm, it knows who observes what. */
export class Framework {
  readonly context: JujuContext;
  readonly tools: HookTools;
  /** Lines of INFO and above reach `juju-log`, DEBUG the agent's debug log. */
  readonly log: Logger;
  /** What the unit remembers between dispatches. */
  readonly state: StoredState;
  /** Values added here are taken out of logs, statuses and messages of actions. */
  readonly redactor: Redactor;
  /** Aborted when Juju ends the dispatch early. */
  readonly signal: AbortSignal;
  readonly #observers: Observers;
  readonly #emitter: Emitter;

  constructor(parts: FrameworkParts) {
    this.context = parts.context;
    this.tools = parts.tools;
    this.log = parts.log;
    this.state = parts.state;
    this.redactor = parts.redactor;
    this.signal = parts.signal;
    this.#observers = parts.observers;
    this.#emitter = parts.emitter;
  }

  /**
   * Has the handler called when the event comes: `framework.observe(charm.on.install, this.onInstall)`.
   *
   * Handlers are awaited one after the other, in the order of registration. A handler that throws ends the event and
   * fails the hook, unless it throws {@link StopWithStatus}. `this` of the handler is that of the charm: {@link Charm}
   * binds its public methods, and arrow properties (the only way for `#private` ones) are bound by nature.
   *
   * @returns what takes the handler off again.
   */
  observe<E extends CharmEvent>(
    event: BoundEvent<E>,
    handler: Handler<NoInfer<E>>,
    options: ObserveOptions = {},
  ): () => void {
    // The kind decides which class of event its handlers get, and the member of `on` which kind.
    return this.#observers.add(event.kind, handler as Handler<CharmEvent>, options.name);
  }

  /** Tells whether anybody observes events of this kind. */
  isObserved(kind: EventKind): boolean {
    return this.#observers.has(kind);
  }

  /**
   * Tells the observers of an event of the charm's own, and resolves once all of them are done; what the first of them
   * throws is thrown.
   */
  async emit<Payload extends JsonValue>(source: OwnEventSource<Payload>, payload: Payload): Promise<void> {
    await this.#emitter.emit({ kind: source.kind, facts: payload });
  }
}
