import type { ErrorObject } from "ajv";

import type { JsonObject, JsonValue } from "juju-hook-tools";
import { isRecord } from "charm-kit";
import { AgentRequestError } from "../agent-errors.ts";
import type { ActionDefinition } from "./action-definitions.ts";

/**
 * Validates the parameters of an action against its schema, then fills in the defaults, as the Juju controller does.
 *
 * @throws AgentRequestError `validation failed: (root)...`
 */
export async function resolveActionParameters(
  action: ActionDefinition,
  parameters: JsonObject,
): Promise<JsonObject> {
  const { Ajv } = await import("ajv");
  const validate = new Ajv({ strict: false, allErrors: true }).compile(modernSchema(action.schema));
  if (!validate(parameters)) {
    throw new AgentRequestError(
      `Cannot run the action: validation failed: ${(validate.errors ?? []).map(describeError).join("\n")}`,
    );
  }
  return withDefaults(action.schema, parameters);
}

function describeError(error: ErrorObject): string {
  const where = ["(root)", ...error.instancePath.split("/").slice(1)].join(".");
  const detail =
    error.keyword === "additionalProperties" ? ` "${String(error.params["additionalProperty"])}"` : "";
  return `${where} : ${error.message ?? error.keyword}${detail}`;
}

const SCHEMA_MAPS: readonly string[] = ["properties", "patternProperties", "definitions", "dependencies"];
const SCHEMA_LISTS: readonly string[] = ["allOf", "anyOf", "oneOf", "items"];
const SCHEMAS: readonly string[] = ["items", "additionalItems", "additionalProperties", "not"];

/** Converts a draft 4 schema to the later draft that ajv reads: exclusive limits become numbers, `id` is dropped. */
export function modernSchema(schema: JsonObject): JsonObject {
  const modern: Record<string, JsonValue> = {};
  for (const [key, value] of Object.entries(schema)) {
    if (key === "id") continue;
    modern[key] = modernMember(key, value);
  }
  for (const [exclusive, limit] of [
    ["exclusiveMinimum", "minimum"],
    ["exclusiveMaximum", "maximum"],
  ] as const) {
    const { [exclusive]: flag, [limit]: bound, ...rest } = modern;
    if (typeof flag !== "boolean") continue;
    const limits = bound === undefined ? {} : { [flag ? exclusive : limit]: bound };
    return modernSchema({ ...rest, ...limits });
  }
  return modern;
}

function modernMember(key: string, value: JsonValue): JsonValue {
  if (SCHEMA_LISTS.includes(key) && isList(value)) return value.map(modernIfSchema);
  if (SCHEMAS.includes(key)) return modernIfSchema(value);
  if (!SCHEMA_MAPS.includes(key) || !isRecord(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([name, child]) => [name, modernIfSchema(child)]));
}

function modernIfSchema(value: JsonValue): JsonValue {
  return isRecord(value) ? modernSchema(value) : value;
}

function withDefaults(schema: JsonObject, given: JsonObject): JsonObject {
  const properties = schema["properties"];
  if (!isRecord(properties)) return given;
  const filled: Record<string, JsonValue> = { ...given };
  for (const [name, property] of Object.entries(properties)) {
    if (!isRecord(property)) continue;
    const value = filled[name] ?? property["default"];
    const nested = value === undefined || isRecord(value) ? withDefaults(property, value ?? {}) : value;
    if (value !== undefined || Object.keys(nested as JsonObject).length > 0) filled[name] = nested;
  }
  return filled;
}

function isList(value: JsonValue): value is readonly JsonValue[] {
  return Array.isArray(value);
}
