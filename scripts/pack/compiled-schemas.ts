import { dirname, join } from "node:path";
import standalone from "ajv/dist/standalone/index.js";
import type { BundlePlugin } from "juju-charm/pack";
import { optionsAjv, validateOptions } from "../../src/charm/compiled-options.ts";

/**
 * Puts what ajv makes of a schema into the archive in place of the module that would make it, and so keeps ajv itself,
 * and the time to load it, out of every dispatch.
 */
export const compiledSchemas: BundlePlugin = {
  name: "compiled-schemas",
  setup(build) {
    build.onLoad({ filter: /\/src\/charm\/compiled-options\.ts$/ }, ({ path }) => ({
      contents: standalone.default(optionsAjv, { validateOptions: identify() }),
      resolveDir: dirname(path),
      loader: "js",
      watchFiles: [join(dirname(path), "configuration-schema.ts")],
    }));
  },
};

/** Standalone code is asked for by the identifier of a schema. */
function identify(): string {
  const id = "options";
  if (!optionsAjv.getSchema(id)) optionsAjv.addSchema(validateOptions.schema, id);
  return id;
}

/** What `package.json` names for the packer. */
export const plugins: readonly BundlePlugin[] = [compiledSchemas];
