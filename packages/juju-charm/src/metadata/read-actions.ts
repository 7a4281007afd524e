import type { JsonObject, JsonValue } from "../tools/hook-tools.ts";
import type { ActionMetadata } from "./metadata.ts";
import { checkName, isReserved } from "./names.ts";
import { readRequired, readSchemas } from "./read-schema.ts";
import { checkInnerKeys, OBJECT_KEYWORDS, refuseReferences } from "./schema-keys.ts";
import type { YamlNode } from "./yaml-node.ts";

/** Keys of an action that Juju or the framework reads, including schema keywords for its parameters. */
const KEYS = ["description", "title", "params", "parallel", "execution-group", "results", ...OBJECT_KEYWORDS];

/** Result keys that Juju sets. */
const RESERVED_RESULTS = ["stdout", "stdout-encoding", "stderr", "stderr-encoding", "return-code"];

/** Reads `actions.yaml`. */
export function readActions(file: YamlNode): Readonly<Record<string, ActionMetadata>> {
  return Object.fromEntries(file.members().map(([name, action]) => [name, readAction(name, action)]));
}

function readAction(name: string, action: YamlNode): ActionMetadata {
  checkName(action, name, "action");
  if (isReserved(name))
    action.report(`the action name "${name}" is reserved by Juju; use one that does not begin with juju`);
  action.allowOnly([...KEYS, ...refuseReferences(action)]);
  checkInnerKeys(action);
  action.member("parallel").boolean(false);
  action.member("execution-group").text();
  const params = readSchemas(action.member("params"), "parameter");
  const results = action.member("results");
  return {
    description: action.member("description").text() ?? "",
    params,
    schema: parametersSchema(action),
    required: readRequired(action.member("required"), params),
    additionalProperties: readAdditional(action.member("additionalProperties")),
    results: results.isMissing ? undefined : readResults(results),
  };
}

/** The keywords of the action, with its parameters as the properties of an object. */
function parametersSchema(action: YamlNode): JsonObject {
  const keywords = OBJECT_KEYWORDS.map((keyword) => [keyword, action.member(keyword).value] as const);
  const given = keywords.filter((entry): entry is [string, JsonValue] => entry[1] !== undefined);
  return { ...Object.fromEntries(given), type: "object", properties: action.member("params").value ?? {} };
}

function readResults(results: YamlNode): ActionMetadata["results"] {
  for (const [name, result] of results.members()) {
    if (RESERVED_RESULTS.includes(name))
      result.report(`the result ${name} is reserved by Juju; use another name`);
  }
  const schemas = readSchemas(results, "result");
  for (const [name, { types }] of Object.entries(schemas)) {
    const refused = types.filter((type) => type === "array" || type === "null");
    if (refused.length === 0) continue;
    const accepted = "Juju accepts strings, numbers, booleans and objects of them";
    results.member(name).report(`the result ${name} is of type ${refused.join(" or ")}; ${accepted}`);
  }
  return schemas;
}

/** A schema for additional parameters means that they are accepted. */
function readAdditional(node: YamlNode): boolean | undefined {
  return typeof node.value === "object" && node.value !== null ? true : node.optionalBoolean();
}
