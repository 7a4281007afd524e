import { join } from "node:path";
import { checkLayers } from "./layers/check-layers.ts";
import { LAYERS, ROOTS, WITHOUT_JUJU } from "./layers/layers.ts";

/** `node scripts/check-layers.ts`: fails when a module imports what the import table does not allow. */
const { violations, modules } = await checkLayers(join(import.meta.dirname, ".."), {
  layers: LAYERS,
  roots: ROOTS,
  withoutJuju: WITHOUT_JUJU,
});
for (const violation of violations) console.error(violation);
if (violations.length > 0) process.exitCode = 1;
console.log(`Layers: ${modules} modules, ${violations.length} imports that the table does not allow`);
