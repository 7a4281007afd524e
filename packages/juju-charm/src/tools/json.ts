import type { JsonObject, JsonValue } from "./hook-tools.ts";

/** @throws SyntaxError when the text is not JSON. */
export function parseJSON(text: string): JsonValue {
  return JSON.parse(text) as JsonValue;
}

/** Whether a JSON value is an object, not a list and not `null`. */
export function isJsonObject(value: JsonValue | undefined): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Whether a JSON value is a list of strings. */
export function isStringList(value: JsonValue): value is readonly string[] {
  return Array.isArray(value) && value.every((item) => typeof item === "string");
}
