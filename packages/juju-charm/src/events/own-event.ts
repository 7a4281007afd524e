import { bindEvent, type BoundEvent } from "./bound-event.ts";
import { CharmEvent, type CharmEventParts } from "./charm-event.ts";
import type { JsonValue } from "../tools/hook-tools.ts";

/** An event of the charm's own, for its own parts. */
export class OwnEvent<Payload extends JsonValue> extends CharmEvent {
  /** What its emitter said. */
  readonly payload: Payload;

  constructor(parts: CharmEventParts, payload: Payload) {
    super(parts);
    this.payload = payload;
  }
}

/** An event of the charm's own that can be observed and emitted. */
export type OwnEventSource<Payload extends JsonValue> = BoundEvent<OwnEvent<Payload>> & {
  readonly name: string;
};

/**
 * Defines an event that parts of a charm tell each other of:
 *
 * ```ts
 * const databaseReady = defineEvent<{ readonly url: string }>("database-ready");
 * framework.observe(databaseReady, this.onDatabaseReady);
 * await framework.emit(databaseReady, { url });
 * ```
 *
 * Handlers run within `emit`, before the emitter goes on, and may defer the event: the payload is JSON for that.
 *
 * @param name kebab-case; one name is one event, wherever it is defined.
 */
export function defineEvent<Payload extends JsonValue>(name: string): OwnEventSource<Payload> {
  return Object.freeze({ ...bindEvent<OwnEvent<Payload>>(`own:${name}`), name });
}
