import { assertHandler } from "./events/assert-handler.ts";
import { firstNotJSON, type Logger, type Redactor } from "charm-kit";
import { EmitError } from "./events/emit-error.ts";
import type { RunningCalls } from "./dispatch/running-calls.ts";
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

/** Services of a {@link Framework}. */
export interface FrameworkDependencies {
  readonly context: JujuContext;
  readonly tools: HookTools;
  readonly log: Logger;
  readonly state: StoredState;
  readonly redactor: Redactor;
  readonly signal: AbortSignal;
  readonly observers: Observers;
  readonly emitter: Emitter;
  readonly calls: RunningCalls;
}

/** Options of {@link Framework.observe}. */
export interface ObserveOptions {
  /**
   * Name of the observer, by which a later dispatch finds the observer of a deferred event. Keep it the same in all
   * versions of the charm. It must be unique among the observers of the event.
   *
   * @default class and name of a method, such as `HelloCharm.onInstall`; the function's name otherwise.
   */
  readonly name?: string;
}

/** Connects the charm with one dispatch, and registers its observers. Created before the charm. */
export class Framework {
  readonly context: JujuContext;
  readonly tools: HookTools;
  /** Writes lines of level INFO and above through `juju-log`, and DEBUG lines to the unit agent's debug log. */
  readonly log: Logger;
  /** Values that the unit keeps between dispatches. */
  readonly state: StoredState;
  /** Values added to the redactor never appear in logs, statuses or action messages. */
  readonly redactor: Redactor;
  /** Aborted when Juju ends the dispatch early. */
  readonly signal: AbortSignal;
  readonly #observers: Observers;
  readonly #emitter: Emitter;
  readonly #calls: RunningCalls;

  constructor(dependencies: FrameworkDependencies) {
    this.context = dependencies.context;
    this.tools = dependencies.tools;
    this.log = dependencies.log;
    this.state = dependencies.state;
    this.redactor = dependencies.redactor;
    this.signal = dependencies.signal;
    this.#observers = dependencies.observers;
    this.#emitter = dependencies.emitter;
    this.#calls = dependencies.calls;
  }

  /**
   * Registers a handler for an event: `framework.observe(charm.on.install, this.onInstall)`.
   *
   * Handlers run one after the other, in the order of registration, and each is awaited. A handler that throws ends the
   * event and fails the hook, unless it throws {@link StopWithStatus}. `this` is the charm in public methods, which
   * {@link Charm} binds, and in arrow properties. A `#private` handler must be an arrow property.
   *
   * @returns a function that removes the handler.
   */
  observe<E extends CharmEvent>(
    event: BoundEvent<E>,
    handler: Handler<NoInfer<E>>,
    options: ObserveOptions = {},
  ): () => void {
    assertHandler(event, handler);
    // Safe: the kind determines the event class of its handlers.
    return this.#observers.add(event.kind, handler as Handler<CharmEvent>, options.name);
  }

  /** Whether events of this kind have an observer. */
  isObserved(kind: EventKind): boolean {
    return this.#observers.has(kind);
  }

  /**
   * Emits an event that the charm defines, and resolves after all its observers are done. Rejects with the first error
   * that an observer throws.
   *
   * @throws {@link EmitError} when JSON cannot hold the payload or would change it, such as NaN or a Map: an observer may
   *   defer the event.
   */
  async emit<Payload extends JsonValue>(source: OwnEventSource<Payload>, payload: Payload): Promise<void> {
    const problem = firstNotJSON(payload);
    if (problem !== undefined) throw new EmitError(source.name, `its payload is not JSON: ${problem}`);
    await this.#calls.run(`emit(${source.name})`, () =>
      this.#emitter.emit({ kind: source.kind, facts: payload }),
    );
  }
}
