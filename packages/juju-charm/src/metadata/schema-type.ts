import type { JsonValue } from "../tools/hook-tools.ts";
import type { ParameterSchema, ParameterType } from "./metadata.ts";
import { objectType } from "./type-text.ts";

/** The TypeScript type for a JSON schema. */
export function schemaType(schema: ParameterSchema): string {
  const { enum: values, types, properties } = schema;
  if (values) return union(values.map(literalType));
  if (types.length === 0) return properties ? membersType(schema) : "JsonValue";
  return union(types.map((type) => plainType(type, schema)));
}

function plainType(type: ParameterType, schema: ParameterSchema): string {
  switch (type) {
    case "integer":
    case "number":
      return "number";
    case "array":
      return arrayType(schema.items ? schemaType(schema.items) : "JsonValue");
    case "object":
      return schema.properties ? membersType(schema) : "JsonObject";
    case "string":
    case "boolean":
    case "null":
      return type;
  }
}

function arrayType(items: string): string {
  return items.includes(" | ") ? `readonly (${items})[]` : `readonly ${items}[]`;
}

function membersType({ properties = {}, required }: ParameterSchema): string {
  return objectType(
    Object.entries(properties).map(([name, member]) => ({
      name,
      description: member.description,
      optional: member.default === undefined && !required.includes(name),
      type: schemaType(member),
    })),
  );
}

function literalType(value: JsonValue): string {
  return typeof value === "object" && value !== null ? "JsonValue" : JSON.stringify(value);
}

function union(types: readonly string[]): string {
  return [...new Set(types)].join(" | ");
}
