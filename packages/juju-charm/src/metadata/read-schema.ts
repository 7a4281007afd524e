import { isRecord } from "charm-kit";
import type { JsonValue } from "../tools/hook-tools.ts";
import { PARAMETER_TYPES, type ParameterSchema, type ParameterType } from "./metadata.ts";
import { checkName } from "./names.ts";
import { checkSchemaKeys } from "./schema-keys.ts";
import type { YamlNode } from "./yaml-node.ts";

type Schemas = Readonly<Record<string, ParameterSchema>>;

/** Reads a map of JSON schemas by name. */
export function readSchemas(schemas: YamlNode, kind: "parameter" | "result"): Schemas {
  return Object.fromEntries(
    schemas.members().map(([name, schema]) => {
      checkName(schema, name, kind);
      return [name, readSchema(schema, kind)];
    }),
  );
}

/** Reads a list of required names, each with a schema. */
export function readRequired(required: YamlNode, schemas: Schemas): readonly string[] {
  return required.items().map((item) => {
    const name = item.requiredText();
    if (name && !Object.hasOwn(schemas, name)) {
      const known = Object.keys(schemas).join(", ") || "none";
      item.report(`${name} is required but not declared; declared names: ${known}`);
    }
    return name;
  });
}

function readSchema(schema: YamlNode, kind: "parameter" | "result"): ParameterSchema {
  checkSchemaKeys(schema);
  const types = readTypes(schema.member("type"));
  const enumeration = schema.member("enum");
  const values = enumeration.isMissing ? undefined : enumeration.items().map(({ value = null }) => value);
  if (values?.length === 0) enumeration.report(`${enumeration.label} has no values; add some`);
  const fallback = schema.member("default");
  const properties = schema.member("properties");
  const members = properties.isMissing ? undefined : readSchemas(properties, kind);
  const items = schema.member("items");
  checkDefault(fallback, types, values);
  return {
    types,
    description: schema.member("description").text() ?? "",
    default: fallback.value,
    enum: values,
    // A list has a schema for each position, which the generated types do not support.
    items: items.isMissing || Array.isArray(items.value) ? undefined : readSchema(items, kind),
    properties: members,
    required: readRequired(schema.member("required"), members ?? {}),
  };
}

function readTypes(type: YamlNode): readonly ParameterType[] {
  if (type.isMissing) return [];
  if (Array.isArray(type.value)) return type.items().map((item) => item.choice(PARAMETER_TYPES));
  return [type.choice(PARAMETER_TYPES)];
}

function checkDefault(
  node: YamlNode,
  types: readonly ParameterType[],
  values: readonly JsonValue[] | undefined,
): void {
  const { value } = node;
  if (value === undefined) return;
  const shown = JSON.stringify(value);
  if (values && !values.some((allowed) => JSON.stringify(allowed) === shown)) {
    node.report(
      `${node.label} is ${shown}; use one of ${values.map((one) => JSON.stringify(one)).join(", ")}`,
    );
  } else if (types.length > 0 && !types.some((type) => isOfType(value, type))) {
    node.report(`${node.label} is ${shown}; use a value of type ${types.join(" or ")}`);
  }
}

/** Whether a value has a JSON schema type. */
export function isOfType(value: JsonValue, type: ParameterType): boolean {
  switch (type) {
    case "array":
      return Array.isArray(value);
    case "object":
      return isRecord(value);
    case "null":
      return value === null;
    case "integer":
      return Number.isInteger(value);
    case "string":
    case "number":
    case "boolean":
      return typeof value === type;
  }
}
