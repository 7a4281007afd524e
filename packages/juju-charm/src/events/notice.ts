import type { JsonValue } from "../tools/hook-tools.ts";
import { isJsonObject } from "../tools/json.ts";
import type { EventKind } from "./event-kind.ts";

/** An event as it is kept for later: what it is made of again. */
export interface EventRecord {
  readonly kind: EventKind;
  /** What the event carries beyond its name. */
  readonly facts: JsonValue;
}

/** An event that one observer is still to get. */
export interface Notice extends EventRecord {
  /** Stable name of the observer. */
  readonly observer: string;
}

/** Kinds that are gone with their dispatch: Juju does not wait for the unit, or asks again by itself. */
const NOT_DEFERRABLE: ReadonlySet<string> = new Set<EventKind>([
  "stop",
  "remove",
  "secret-expired",
  "secret-rotate",
  "collect-unit-status",
  "collect-app-status",
  "pre-commit",
  "commit",
]);

/** Tells whether events of a kind may be brought again by a later dispatch. */
export function isDeferrable(kind: EventKind): boolean {
  return !NOT_DEFERRABLE.has(kind) && !kind.startsWith("action:");
}

/** Reads a notice as an earlier dispatch wrote it; undefined when it is none. */
export function readNotice(stored: JsonValue): Notice | undefined {
  if (!isJsonObject(stored)) return undefined;
  const { kind, observer, facts } = stored;
  if (typeof kind !== "string" || typeof observer !== "string" || facts === undefined) return undefined;
  // A kind that nobody knows finds no observer: its notice is dropped then.
  return { kind: kind as EventKind, observer, facts };
}

/** Tells whether two notices bring the same event to the same observer. */
export function isSameNotice(left: Notice, right: Notice): boolean {
  return (
    left.kind === right.kind &&
    left.observer === right.observer &&
    canonical(left.facts) === canonical(right.facts)
  );
}

/** JSON whose members are in the order of their names. */
function canonical(value: JsonValue): string {
  return JSON.stringify(value, (_key, member: JsonValue) =>
    isJsonObject(member)
      ? Object.fromEntries(Object.entries(member).sort(([left], [right]) => (left < right ? -1 : 1)))
      : member,
  );
}
