import type { ErrorObject } from "ajv";
import { isRecord } from "charm-kit";
import type { JsonObject, JsonValue } from "./json-value.ts";

/**
 * Validates the parameters of an action by its schema, JSON schema draft 4, as the Juju controller does.
 *
 * @returns all problems, such as `(root).times : must be >= 1`.
 */
export async function actionParameterProblems(
  schema: JsonObject,
  parameters: JsonObject,
): Promise<readonly string[]> {
  const { Ajv } = await import("ajv");
  const validate = new Ajv({ strict: false, allErrors: true, logger: false }).compile(modernSchema(schema));
  return validate(parameters) ? [] : (validate.errors ?? []).map(describeError);
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

function isList(value: JsonValue): value is readonly JsonValue[] {
  return Array.isArray(value);
}
