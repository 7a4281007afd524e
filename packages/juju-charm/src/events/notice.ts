import { isRecord } from "charm-kit";
import type { JsonValue } from "../tools/hook-tools.ts";
import type { EventKind } from "./event-kind.ts";

/** The storable form of an event. */
export interface EventRecord {
  readonly kind: EventKind;
  /** The event's data besides its name. */
  readonly facts: JsonValue;
}

/** An event that must still be delivered to one observer. */
export interface Notice extends EventRecord {
  /** Stable name of the observer. */
  readonly observer: string;
}

/** Kinds that cannot be deferred: Juju does not wait for the unit, or emits them again. */
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

/** Whether observers can defer events of a kind. */
export function isDeferrable(kind: EventKind): boolean {
  return !NOT_DEFERRABLE.has(kind) && !kind.startsWith("action:");
}

/** Reads a stored notice; undefined when it is invalid. */
export function readNotice(stored: JsonValue): Notice | undefined {
  if (!isRecord(stored)) return undefined;
  const { kind, observer, facts } = stored;
  if (typeof kind !== "string" || typeof observer !== "string" || facts === undefined) return undefined;
  // An unknown kind has no observer, so its notice is dropped later.
  return { kind: kind as EventKind, observer, facts };
}

/** Whether two notices are for the same event and the same observer. */
export function isSameNotice(left: Notice, right: Notice): boolean {
  return (
    left.kind === right.kind &&
    left.observer === right.observer &&
    canonical(left.facts) === canonical(right.facts)
  );
}

/** JSON with sorted member names. */
function canonical(value: JsonValue): string {
  return JSON.stringify(value, (_key, member: JsonValue) =>
    isRecord(member)
      ? Object.fromEntries(Object.entries(member).sort(([left], [right]) => (left < right ? -1 : 1)))
      : member,
  );
}
