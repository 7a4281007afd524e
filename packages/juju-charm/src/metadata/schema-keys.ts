import type { YamlNode } from "./yaml-node.ts";

/** Keywords whose value is a schema. */
const ONE = ["not", "additionalItems", "additionalProperties"];
/** Keywords whose value is a list of schemas. */
const LISTS = ["allOf", "anyOf", "oneOf"];
/** Keywords whose value is a map of schemas. */
const MAPS = ["definitions", "dependencies", "patternProperties"];

/** Keywords of JSON schema draft 4 for objects, without those that Juju sets for an action. */
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
 * Reports unknown keywords, which Juju would ignore: it uses JSON schema draft 4. Does not check schemas in `properties`
 * and `items`, except a list in `items`.
 */
export function checkSchemaKeys(schema: YamlNode): void {
  schema.allowOnly([...KEYWORDS, ...refuseReferences(schema)]);
  const { value: items } = schema.member("items");
  checkInnerKeys(schema);
  if (Array.isArray(items)) schema.member("items").items().forEach(checkWholeSchema);
}

/** Reports problems in the schemas of keywords such as `anyOf`. */
export function checkInnerKeys(schema: YamlNode): void {
  for (const keyword of ONE) checkPossibleSchema(schema.member(keyword));
  for (const keyword of LISTS) schema.member(keyword).items().forEach(checkWholeSchema);
  for (const keyword of MAPS) {
    for (const [, member] of schema.member(keyword).members()) checkPossibleSchema(member);
  }
}

/** Reports keywords that Juju refuses, and returns their names. */
export function refuseReferences(schema: YamlNode): readonly string[] {
  const keywords = ["$ref", "$schema"];
  for (const keyword of keywords) {
    const member = schema.member(keyword);
    if (!member.isMissing) member.report(`Juju refuses ${keyword}; write the full schema instead`);
  }
  return keywords;
}

/** Checks a schema. A boolean or a list of names is also valid. */
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
