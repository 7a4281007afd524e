/** A JSON value of a description: an object, whatever is in it. */
export type JSONObject = Readonly<Record<string, unknown>>;

export function isObject(value: unknown): value is JSONObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** What `#/a/b` names in a document. */
export function resolvePointer(document: JSONObject, pointer: string): unknown {
  const steps = pointer.replace(/^#\//, "").split("/");
  return steps.reduce<unknown>(
    (value, step) => (isObject(value) ? value[step.replaceAll("~1", "/").replaceAll("~0", "~")] : undefined),
    document,
  );
}

/** Keywords without a say in what is valid; some of them hold values that look like schemas. */
const SILENT = new Set([
  "example",
  "examples",
  "description",
  "title",
  "externalDocs",
  "default",
  "deprecated",
  "nullable",
]);

/**
 * Turns a schema of an OpenAPI 3.0 document into a JSON schema that stands alone: what it refers to is under `$defs`,
 * and OpenAPI's `nullable` is spelled out.
 */
export function selfContainedSchema(schema: unknown, document: JSONObject): JSONObject {
  const definitions: Record<string, unknown> = {};
  const convert = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(convert);
    if (!isObject(value)) return value;
    if (typeof value["$ref"] === "string") return { $ref: define(value["$ref"]) };
    const telling = Object.entries(value).filter(([key]) => !SILENT.has(key) && !key.startsWith("x-"));
    const plain = Object.fromEntries(telling.map(([key, part]) => [key, convertPart(key, part)]));
    return value["nullable"] === true ? { anyOf: [plain, { type: "null" }] } : plain;
  };
  // Property names are not keywords: a property may be called "description".
  const convertPart = (key: string, part: unknown): unknown =>
    key === "properties" && isObject(part)
      ? Object.fromEntries(Object.entries(part).map(([name, property]) => [name, convert(property)]))
      : convert(part);
  const define = (pointer: string): string => {
    const name = pointer.split("/").at(-1) ?? pointer;
    if (!(name in definitions)) {
      definitions[name] = true; // taken, so that a schema may refer to itself
      definitions[name] = convert(resolvePointer(document, pointer));
    }
    return `#/$defs/${name}`;
  };
  const converted = convert(schema) as JSONObject;
  return { ...converted, $defs: definitions };
}
