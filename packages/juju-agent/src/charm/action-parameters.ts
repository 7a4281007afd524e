import { actionParameterProblems, type JsonObject, type JsonValue } from "juju-hook-tools";
import { isRecord } from "charm-kit";
import { AgentRequestError } from "../agent-errors.ts";
import type { ActionDefinition } from "./action-definitions.ts";

/**
 * Validates the parameters of an action against its schema, then fills in the defaults, as the Juju controller does.
 *
 * @throws AgentRequestError `validation failed: (root)...`
 */
export async function resolveActionParameters(
  action: ActionDefinition,
  parameters: JsonObject,
): Promise<JsonObject> {
  const problems = await actionParameterProblems(action.schema, parameters);
  if (problems.length > 0)
    throw new AgentRequestError(`Cannot run the action: validation failed: ${problems.join("\n")}`);
  return withDefaults(action.schema, parameters);
}

function withDefaults(schema: JsonObject, given: JsonObject): JsonObject {
  const properties = schema["properties"];
  if (!isRecord(properties)) return given;
  const filled: Record<string, JsonValue> = { ...given };
  for (const [name, property] of Object.entries(properties)) {
    if (!isRecord(property)) continue;
    const value = filled[name] ?? property["default"];
    const nested = value === undefined || isRecord(value) ? withDefaults(property, value ?? {}) : value;
    if (value !== undefined || Object.keys(nested as JsonObject).length > 0) filled[name] = nested;
  }
  return filled;
}
