import type { JsonObject, JsonValue } from "juju-hook-tools";
import { CharmArchiveError } from "juju-hook-tools";
import { isRecord } from "charm-kit";

export interface ActionDefinition {
  readonly description: string;
  /** JSON schema, draft 4, of the parameters; its type is always object. */
  readonly schema: JsonObject;
}

export type ActionDefinitions = Readonly<Record<string, ActionDefinition>>;

const NAME = /^[a-z0-9](?:[a-z0-9-]*[a-z0-9])?$/;
const NOT_SCHEMA: readonly string[] = ["description", "title", "params", "parallel", "execution-group"];

/** Reads the parsed `actions.yaml`. @throws CharmArchiveError where `juju deploy` refuses */
export function parseActionDefinitions(document: unknown): ActionDefinitions {
  if (document === null || document === undefined) return {};
  if (!isRecord(document))
    throw new CharmArchiveError("Cannot read actions.yaml: it must be a map of actions");
  return Object.fromEntries(
    Object.entries(document).map(([name, raw]) => [
      name,
      parseAction(name, isRecord(raw) ? (raw as JsonObject) : {}),
    ]),
  );
}

function parseAction(name: string, raw: JsonObject): ActionDefinition {
  if (!NAME.test(name)) throw new CharmArchiveError(`Cannot read actions.yaml: bad action name ${name}`);
  if (name === "juju" || name.startsWith("juju-")) {
    throw new CharmArchiveError(
      `Cannot read actions.yaml: cannot use action name ${name}: "juju" is a reserved prefix`,
    );
  }
  const forbidden = findForbidden(raw);
  if (forbidden) {
    throw new CharmArchiveError(
      `Cannot read actions.yaml: schema key "${forbidden}" not compatible with this version of juju`,
    );
  }
  const keywords = Object.fromEntries(Object.entries(raw).filter(([key]) => !NOT_SCHEMA.includes(key)));
  const description = raw["description"];
  return {
    description: typeof description === "string" ? description : "No description",
    schema: { ...keywords, type: "object", properties: raw["params"] ?? {} },
  };
}

function findForbidden(value: JsonValue): string | undefined {
  if (typeof value !== "object" || value === null) return undefined;
  for (const [key, child] of Object.entries(value)) {
    if (key === "$ref" || key === "$schema") return key;
    const nested = findForbidden(child);
    if (nested) return nested;
  }
  return undefined;
}
