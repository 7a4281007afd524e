import type { JsonValue } from "juju-hook-tools";

/** Validates and converts a field of the other side; undefined when it is absent. Throws when it is invalid. */
export type FieldReader<T> = (value: JsonValue | undefined) => T;

/** A reader for each field. */
export type FieldReaders<Fields extends object> = {
  readonly [Key in keyof Fields]: FieldReader<Fields[Key]>;
};

/** Accepts only a string. */
export const textField: FieldReader<string> = (value) => {
  if (typeof value !== "string") throw new TypeError("it is not a string");
  return value;
};

/** Accepts only a number. */
export const numberField: FieldReader<number> = (value) => {
  if (typeof value !== "number") throw new TypeError("it is not a number");
  return value;
};

/** Accepts only `true` or `false`. */
export const flagField: FieldReader<boolean> = (value) => {
  if (typeof value !== "boolean") throw new TypeError("it is not true or false");
  return value;
};

/** Accepts a list with items for another reader. */
export function listField<T>(item: FieldReader<T>): FieldReader<readonly T[]> {
  return (value) => {
    if (!Array.isArray(value)) throw new TypeError("it is not a list");
    return (value as readonly JsonValue[]).map((member) => item(member));
  };
}

/** Accepts values for another reader, `null`, and an absent field. */
export function optionalField<T>(reader: FieldReader<T>): FieldReader<T | undefined> {
  return (value) => (value === undefined || value === null ? undefined : reader(value));
}
