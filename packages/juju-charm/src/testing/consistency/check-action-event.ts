import type { ParameterSchema, ParameterType } from "../../metadata/metadata.ts";
import type { JsonValue } from "juju-hook-tools";
import { isOfType } from "../../metadata/read-schema.ts";
import type { Scenario } from "./scenario.ts";

/** The action and its parameters are declared, with values of the declared types, and without missing ones. */
export function checkActionEvent({ event, metadata }: Scenario): readonly string[] {
  const { trigger } = event;
  if (trigger.family !== "action") return [];
  const { name, params } = trigger;
  const action = metadata.actions[name];
  if (!action) return [`the action ${name} is not in actions.yaml`];
  return [
    ...action.required
      .filter((parameter) => !(parameter in params) && action.params[parameter]?.default === undefined)
      .map((parameter) => `the action ${name} requires the parameter ${parameter}`),
    ...Object.entries(params).flatMap(([parameter, value]) => {
      const schema = action.params[parameter];
      if (schema) return valueProblems(`the parameter ${parameter} of ${name}`, value, schema);
      return action.additionalProperties === true ? [] : [`the action ${name} has no parameter ${parameter}`];
    }),
  ];
}

function valueProblems(
  what: string,
  value: JsonValue,
  { types, enum: values }: ParameterSchema,
): readonly string[] {
  if (types.length > 0 && !types.some((type) => isParameter(value, type))) {
    return [`${what} is ${JSON.stringify(value)}, which is not of the type ${types.join(" or ")}`];
  }
  if (!values || values.some((allowed) => JSON.stringify(allowed) === JSON.stringify(value))) return [];
  return [`${what} is ${JSON.stringify(value)}, which is not one of ${JSON.stringify(values)}`];
}

/** Stricter than a schema's default: Juju passes integers that JSON cannot hold without loss. */
function isParameter(value: JsonValue, type: ParameterType): boolean {
  return type === "integer" ? Number.isSafeInteger(value) : isOfType(value, type);
}
