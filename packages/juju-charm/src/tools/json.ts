import type { JsonValue } from "./hook-tools.ts";

/** @throws SyntaxError when the text is not JSON. */
export function parseJSON(text: string): JsonValue {
  return JSON.parse(text) as JsonValue;
}

/** Whether a JSON value is a list of strings. */
export function isStringList(value: JsonValue): value is readonly string[] {
  return Array.isArray(value) && value.every((item) => typeof item === "string");
}
