import type { JsonObject } from "../framework/hook-tools.ts";
import { Ajv, type ErrorObject } from "ajv";
import type { Fault } from "./configuration-faults.ts";
import { configurationSchema } from "./configuration-schema.ts";

const ajv = new Ajv({ allErrors: true, verbose: true, keywords: ["accepted"] });
const validate = ajv.compile(configurationSchema);

/** Checks single options by {@link configurationSchema}; one fault for each option. */
export function checkOptions(options: JsonObject): readonly Fault[] {
  if (validate(options)) return [];
  const faults = new Map<string, Fault>();
  for (const error of validate.errors ?? []) {
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
