import { isObject, resolvePointer, type JSONObject } from "./self-contained-schema.ts";
import { OpenAPIDescription } from "./openapi-description.ts";

const DESCRIPTION = new OpenAPIDescription("api.github.com");
const samples = new Map<string, JSONObject>();

/**
 * A body with all fields that GitHub's description demands of a schema, such as `issue-comment`; `given` has those that
 * matter. The others have the least value of their type.
 */
export function describedSample(schema: string, given: JSONObject): JSONObject {
  const known = samples.get(schema) ?? readSample(schema);
  samples.set(schema, known);
  return merge(known, given);
}

function readSample(schema: string): JSONObject {
  const document = DESCRIPTION.schema(schema);
  const named = resolvePointer(document, String(document["$ref"]));
  // A schema that allows null as well.
  const [whole] = isObject(named) && Array.isArray(named["anyOf"]) ? (named["anyOf"] as unknown[]) : [named];
  const sample = sampleOf(whole, document);
  if (!isObject(sample)) throw new Error(`GitHub's schema ${schema} is no object`);
  return sample;
}

function sampleOf(schema: unknown, document: JSONObject): unknown {
  if (!isObject(schema)) return "";
  const { $ref, allOf, anyOf, oneOf } = schema;
  if (typeof $ref === "string") return sampleOf(resolvePointer(document, $ref), document);
  if (Array.isArray(allOf)) {
    const parts = allOf.map((part) => sampleOf(part, document)).filter(isObject);
    return Object.assign({}, ...parts) as JSONObject;
  }
  const [first] = [oneOf, anyOf].flatMap((options) => (Array.isArray(options) ? (options as unknown[]) : []));
  if (first !== undefined && schema["properties"] === undefined) {
    const isNullable = JSON.stringify(anyOf ?? []).includes('{"type":"null"}');
    return isNullable ? null : sampleOf(first, document);
  }
  return sampleOfType(schema, document);
}

function sampleOfType(schema: JSONObject, document: JSONObject): unknown {
  const { enum: values, format, items, minItems, properties, required } = schema;
  if (Array.isArray(values)) return values[0];
  switch (schema["type"]) {
    case "integer":
    case "number":
      return 1;
    case "boolean":
      return false;
    case "array":
      return typeof minItems === "number" && minItems > 0 ? [sampleOf(items, document)] : [];
    case "string":
      return SAMPLES[String(format)] ?? "";
    case "null":
      return null;
    default: {
      const known = isObject(properties) ? properties : {};
      const names = Array.isArray(required) ? required.map(String) : [];
      return Object.fromEntries(names.map((name) => [name, sampleOf(known[name], document)]));
    }
  }
}

const SAMPLES: Readonly<Record<string, string>> = {
  uri: "https://github.example/",
  "date-time": "2026-01-01T00:00:00Z",
  email: "person@github.example",
};

function merge(sample: JSONObject, given: JSONObject): JSONObject {
  const merged = Object.entries(given).map(([key, value]) => {
    const below = sample[key];
    return [key, isObject(value) && isObject(below) ? merge(below, value) : value];
  });
  return { ...sample, ...(Object.fromEntries(merged) as JSONObject) };
}
