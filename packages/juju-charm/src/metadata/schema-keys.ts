import type { YamlNode } from "./yaml-node.ts";

/** Keywords whose value is a schema. */
const ONE = ["not", "additionalItems", "additionalProperties"];
/** Keywords whose value is a list of schemas. */
const LISTS = ["allOf", "anyOf", "oneOf"];
/** Keywords whose value is a map of schemas. */
const MAPS = ["definitions", "dependencies", "patternProperties"];

/** Keywords of JSON schema draft 4 that hold for objects, beside those that Juju fills in of an action. */
export const OBJECT_KEYWORDS: readonly string[] = [
  ...LISTS,
  ...MAPS,
  "not",
  "additionalProperties",
  "maxProperties",
  "minProperties",
  "required",
];

const KEYWORDS: readonly string[] = [
  ...OBJECT_KEYWORDS,
  "additionalItems",
  "default",
  "description",
  "enum",
  "exclusiveMaximum",
  "exclusiveMinimum",
  "format",
  "id",
  "items",
  "maxItems",
  "maxLength",
  "maximum",
  "minItems",
  "minLength",
  "minimum",
  "multipleOf",
  "pattern",
  "properties",
  "title",
  "type",
  "uniqueItems",
];

/**
 * Notes keywords that JSON schema draft 4 has not, by which Juju checks, and which it would ignore. Schemas in `properties`
 * and `items` are not looked into, but for `items` that are a list.
 */
export function checkSchemaKeys(schema: YamlNode): void {
  schema.allowOnly([...KEYWORDS, ...refuseReferences(schema)]);
  const { value: items } = schema.member("items");
  checkInnerKeys(schema);
  if (Array.isArray(items)) schema.member("items").items().forEach(checkWholeSchema);
}

/** Notes what is wrong in the schemas that keywords such as `anyOf` hold. */
export function checkInnerKeys(schema: YamlNode): void {
  for (const keyword of ONE) checkPossibleSchema(schema.member(keyword));
  for (const keyword of LISTS) schema.member(keyword).items().forEach(checkWholeSchema);
  for (const keyword of MAPS) {
    for (const [, member] of schema.member(keyword).members()) checkPossibleSchema(member);
  }
}

/** Notes the keywords that Juju refuses, and returns them. */
export function refuseReferences(schema: YamlNode): readonly string[] {
  const keywords = ["$ref", "$schema"];
  for (const keyword of keywords) {
    const member = schema.member(keyword);
    if (!member.isMissing) member.fault(`Juju refuses ${keyword}; write the schema out`);
  }
  return keywords;
}

/** A boolean or a list of names stands where a schema could. */
function checkPossibleSchema(node: YamlNode): void {
  if (typeof node.value === "boolean" || Array.isArray(node.value)) return;
  checkWholeSchema(node);
}

function checkWholeSchema(schema: YamlNode): void {
  if (schema.isMissing) return;
  checkSchemaKeys(schema);
  for (const [, member] of schema.member("properties").members()) checkWholeSchema(member);
  if (!Array.isArray(schema.member("items").value)) checkPossibleSchema(schema.member("items"));
}
