import type { Logger } from "../support/log.ts";
import type { Redactor } from "../support/redactor.ts";
import type { BoundEvent, CharmEvents, EventKind } from "./events/charm-events.ts";
import { EventBus, type Handler } from "./events/event-bus.ts";
import type { HookTools } from "./tools/hook-tools.ts";
import type { JujuContext } from "./dispatch/juju-context.ts";
import type { StoredState } from "./state/stored-state.ts";

/** What a framework is made of. */
export interface FrameworkParts {
  readonly context: JujuContext;
  readonly tools: HookTools;
  readonly log: Logger;
  readonly state: StoredState;
  readonly redactor: Redactor;
  readonly signal: AbortSignal;
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
  readonly #bus = new EventBus<CharmEvents>();

  constructor(parts: FrameworkParts) {
    this.context = parts.context;
    this.tools = parts.tools;
    this.log = parts.log;
    this.state = parts.state;
    this.redactor = parts.redactor;
    this.signal = parts.signal;
  }

  /**
   * Has the handler called when the event comes: `framework.observe(charm.on.install, this.onInstall)`.
   *
   * Handlers are awaited one after the other, in the order of registration. A handler that throws ends the event and
   * fails the hook. `this` of the handler is that of the charm: {@link Charm} binds its public methods, and arrow
   * properties (the only way for `#private` ones) are bound by nature.
   *
   * @returns what takes the handler off again.
   */
  observe<K extends EventKind>(event: BoundEvent<K>, handler: Handler<CharmEvents[K]>): () => void {
    return this.#bus.on(event.kind, handler);
  }

  /** Tells whether anybody observes events of this kind. */
  isObserved(kind: EventKind): boolean {
    return this.#bus.has(kind);
  }

  /**
   * Calls the observers of an event; what the first of them throws is thrown.
   *
   * Called by the dispatch of Juju's events. A charm may call it for events of its own.
   */
  async emit<K extends EventKind>(kind: K, event: CharmEvents[K]): Promise<void> {
    await this.#bus.emit(kind, event);
  }
}
