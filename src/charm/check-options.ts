import type { JsonObject } from "../framework/tools/hook-tools.ts";
import type { ErrorObject } from "ajv";
import type { Fault } from "./configuration-faults.ts";
import { validateOptions } from "./compiled-options.ts";

/** Checks single options by the schema; one fault for each option. */
export function checkOptions(options: JsonObject): readonly Fault[] {
  if (validateOptions(options)) return [];
  const faults = new Map<string, Fault>();
  for (const error of validateOptions.errors ?? []) {
    const option = error.instancePath.slice(1);
    if (!faults.has(option)) faults.set(option, { option, text: describe(error) });
  }
  return [...faults.values()];
}

function describe(error: ErrorObject): string {
  const accepted = (error.parentSchema as { accepted?: string } | undefined)?.accepted;
  const missing = error.data === "" || error.data === undefined;
  return `${missing ? "missing" : "not valid"}; ${accepted ? `use ${accepted}` : (error.message ?? "see the docs")}`;
}
