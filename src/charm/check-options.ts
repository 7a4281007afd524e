import type { JsonObject } from "juju-charm";
import type { ErrorObject } from "ajv";
import { wrong, type Fault } from "./configuration-faults.ts";
import type { OptionName } from "./configuration-schema.ts";
import { validateOptions } from "./compiled-options.ts";

/** Validates single options with the schema. Returns at most one error for each option. */
export function checkOptions(options: JsonObject): readonly Fault[] {
  if (validateOptions(options)) return [];
  const faults = new Map<string, Fault>();
  for (const error of validateOptions.errors ?? []) {
    const option = error.instancePath.slice(1) as OptionName;
    if (!faults.has(option)) faults.set(option, wrong(option, describe(error)));
  }
  return [...faults.values()];
}

/** Describes the error without the value, which may be a token in the wrong option. Numbers are never secret. */
function describe({ keyword, data, params, parentSchema }: ErrorObject): string {
  if (data === "" || data === undefined) return "missing";
  switch (keyword) {
    case "minimum":
      return `${JSON.stringify(data)} is less than ${String((params as { limit: number }).limit)}`;
    case "maximum":
      return `${JSON.stringify(data)} is more than ${String((params as { limit: number }).limit)}`;
    case "enum":
      return "not one of its values";
    default:
      return (parentSchema as { fault?: string } | undefined)?.fault ?? "not of its type";
  }
}
