import { Ajv, type ValidateFunction } from "ajv";
import { configurationSchema } from "./configuration-schema.ts";

/** Compiles {@link configurationSchema}. With `code.source` the archive contains the compiled code instead of ajv. */
export const optionsAjv = new Ajv({
  allErrors: true,
  verbose: true,
  keywords: ["accepted", "fault", "change"],
  code: { source: true, esm: true },
});

/** Validates options with {@link configurationSchema}. The packed charm contains ajv's compiled code in its place. */
export const validateOptions: ValidateFunction = optionsAjv.compile(configurationSchema);
