import type { ActionMetadata } from "./metadata.ts";
import { checkName, isReserved } from "./names.ts";
import { readRequired, readSchemas } from "./read-schema.ts";
import { checkInnerKeys, OBJECT_KEYWORDS, refuseReferences } from "./schema-keys.ts";
import type { YamlNode } from "./yaml-node.ts";

/** What Juju reads of an action, keywords of the schema of its parameters among it, and what the framework reads. */
const KEYS = ["description", "title", "params", "parallel", "execution-group", "results", ...OBJECT_KEYWORDS];

/** Keys of results that Juju fills in itself. */
const RESERVED_RESULTS = ["stdout", "stdout-encoding", "stderr", "stderr-encoding", "return-code"];

/** Reads `actions.yaml`. */
export function readActions(file: YamlNode): Readonly<Record<string, ActionMetadata>> {
  return Object.fromEntries(file.members().map(([name, action]) => [name, readAction(name, action)]));
}

function readAction(name: string, action: YamlNode): ActionMetadata {
  checkName(action, name, "action");
  if (isReserved(name))
    action.fault(`the action name "${name}" is Juju's own; use one that does not begin with juju`);
  action.allowOnly([...KEYS, ...refuseReferences(action)]);
  checkInnerKeys(action);
  action.member("parallel").boolean(false);
  action.member("execution-group").text();
  const params = readSchemas(action.member("params"), "parameter");
  const results = action.member("results");
  return {
    description: action.member("description").text() ?? "",
    params,
    required: readRequired(action.member("required"), params),
    additionalProperties: readAdditional(action.member("additionalProperties")),
    results: results.isMissing ? undefined : readResults(results),
  };
}

function readResults(results: YamlNode): ActionMetadata["results"] {
  for (const [name, result] of results.members()) {
    if (RESERVED_RESULTS.includes(name)) result.fault(`the result ${name} is Juju's own; use another name`);
  }
  const schemas = readSchemas(results, "result");
  for (const [name, { types }] of Object.entries(schemas)) {
    const refused = types.filter((type) => type === "array" || type === "null");
    if (refused.length === 0) continue;
    const accepted = "Juju takes texts, numbers, booleans and objects of them";
    results.member(name).fault(`the result ${name} is of type ${refused.join(" or ")}; ${accepted}`);
  }
  return schemas;
}

/** A schema of other parameters takes some of them. */
function readAdditional(node: YamlNode): boolean | undefined {
  return typeof node.value === "object" && node.value !== null ? true : node.optionalBoolean();
}
