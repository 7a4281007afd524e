import { Ajv, type ValidateFunction } from "ajv";
import { configurationSchema } from "./configuration-schema.ts";

/** The compiler of {@link configurationSchema}; `code.source` lets the archive hold its output instead of ajv itself. */
export const optionsAjv = new Ajv({
  allErrors: true,
  verbose: true,
  keywords: ["accepted", "fault", "change"],
  code: { source: true, esm: true },
});

/** Checks options by {@link configurationSchema}. In the packed charm this module is what ajv made of the schema. */
export const validateOptions: ValidateFunction = optionsAjv.compile(configurationSchema);
