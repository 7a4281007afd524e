import type { JsonValue } from "juju-hook-tools";

/** Turns a value of the other side, undefined when it is absent, into what the charm works with. Throws when it cannot. */
export type FieldReader<T> = (value: JsonValue | undefined) => T;

/** A reader for each field of a record. */
export type FieldReaders<Fields extends object> = {
  readonly [Key in keyof Fields]: FieldReader<Fields[Key]>;
};

/** Takes text only. */
export const textField: FieldReader<string> = (value) => {
  if (typeof value !== "string") throw new TypeError("it is not a text");
  return value;
};

/** Takes numbers only. */
export const numberField: FieldReader<number> = (value) => {
  if (typeof value !== "number") throw new TypeError("it is not a number");
  return value;
};

/** Takes `true` and `false` only. */
export const flagField: FieldReader<boolean> = (value) => {
  if (typeof value !== "boolean") throw new TypeError("it is not true or false");
  return value;
};

/** Takes lists whose items another reader takes. */
export function listField<T>(item: FieldReader<T>): FieldReader<readonly T[]> {
  return (value) => {
    if (!Array.isArray(value)) throw new TypeError("it is not a list");
    return (value as readonly JsonValue[]).map((member) => item(member));
  };
}

/** Takes what another reader takes, `null` and nothing at all. */
export function optionalField<T>(reader: FieldReader<T>): FieldReader<T | undefined> {
  return (value) => (value === undefined || value === null ? undefined : reader(value));
}
