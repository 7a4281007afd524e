import { createHash } from "node:crypto";
import { isRecord } from "charm-kit";
import type { JsonValue, RawData, StateSlot } from "juju-charm";

/** Digests of the fields that the charm was told of, by field. A provider's data may hold passwords. */
export type KnownFields = Readonly<Record<string, string>>;

/** {@link KnownFields} by number of the relation. */
export type KnownData = Readonly<Record<string, KnownFields>>;

/** What the charm was told of, for one endpoint. */
export function knownData(endpoint: string): StateSlot<KnownData> {
  return {
    name: `data-interfaces-${endpoint}`,
    parse: (stored) => records(stored, (fields) => records(fields, digest)),
  };
}

/** Digests of the data's fields. */
export function digestsOf(data: RawData): KnownFields {
  const entries = Object.entries(data).filter(([key]) => key !== "data");
  return Object.fromEntries(
    entries.map(([key, value]) => [key, createHash("sha256").update(value).digest("base64url")]),
  );
}

/** Fields that are new, have changed or have gone. */
export function changedFields(known: KnownFields, now: KnownFields): ReadonlySet<string> {
  const keys = [...Object.keys(known), ...Object.keys(now)];
  return new Set(keys.filter((key) => known[key] !== now[key]));
}

function records<T>(
  stored: JsonValue | undefined,
  read: (value: JsonValue) => T | undefined,
): Readonly<Record<string, T>> {
  if (!isRecord(stored)) return {};
  const entries = Object.entries(stored as Readonly<Record<string, JsonValue>>);
  return Object.fromEntries(
    entries.flatMap(([key, value]) => {
      const found = read(value);
      return found === undefined ? [] : [[key, found] as const];
    }),
  );
}

function digest(value: JsonValue): string | undefined {
  return typeof value === "string" ? value : undefined;
}
