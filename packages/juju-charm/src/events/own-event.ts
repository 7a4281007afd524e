import { bindEvent, type BoundEvent } from "./bound-event.ts";
import { CharmEvent, type CharmEventOptions } from "./charm-event.ts";
import type { JsonValue } from "../tools/hook-tools.ts";

/** An event that the charm defines, for its own parts. */
export class OwnEvent<Payload extends JsonValue> extends CharmEvent {
  /** The data from `emit`. */
  readonly payload: Payload;

  constructor(options: CharmEventOptions, payload: Payload) {
    super(options);
    this.payload = payload;
  }
}

/** An event that the charm defines, for `observe` and `emit`. */
export type OwnEventSource<Payload extends JsonValue> = BoundEvent<OwnEvent<Payload>> & {
  readonly name: string;
};

/**
 * Defines an event for communication between parts of a charm:
 *
 * ```ts
 * const databaseReady = defineEvent<{ readonly url: string }>("database-ready");
 * framework.observe(databaseReady, this.onDatabaseReady);
 * await framework.emit(databaseReady, { url });
 * ```
 *
 * Handlers run within `emit`, which awaits them. They may defer the event, so the payload is JSON.
 *
 * @param name in kebab-case. Two definitions with the same name are the same event.
 */
export function defineEvent<Payload extends JsonValue>(name: string): OwnEventSource<Payload> {
  return Object.freeze({ ...bindEvent<OwnEvent<Payload>>(`own:${name}`), name });
}
