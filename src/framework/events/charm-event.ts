/** What every event carries. */
export interface CharmEventParts {
  readonly name: string;
  readonly signal: AbortSignal;
}

/** An event that Juju delivers to a charm. Events that carry more are subclasses. */
export class CharmEvent {
  /** Name as Juju has it, such as `config-changed`; of an action, the action's name. */
  readonly name: string;
  /** Aborted when Juju ends the dispatch early; to be passed to everything a handler waits for. */
  readonly signal: AbortSignal;

  constructor(parts: CharmEventParts) {
    this.name = parts.name;
    this.signal = parts.signal;
  }
}
