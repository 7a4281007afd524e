import { join } from "node:path";
import { checkLayers } from "./layers/check-layers.ts";
import { checkPorts } from "./layers/check-ports.ts";
import { LAYERS, ROOTS, WITHOUT_JUJU } from "./layers/layers.ts";

/**
 * `node scripts/check-layers.ts`: fails when a module imports what the import table does not allow, or a port stands where
 * nobody calls it.
 */
const root = join(import.meta.dirname, "..");
const { violations, modules } = await checkLayers(root, {
  layers: LAYERS,
  roots: ROOTS,
  withoutJuju: WITHOUT_JUJU,
});
const ports = checkPorts(root);
for (const violation of [...violations, ...ports.violations]) console.error(violation);
if (violations.length + ports.violations.length > 0) process.exitCode = 1;
console.log(`Layers: ${modules} modules, ${violations.length} imports that the table does not allow`);
console.log(`Ports: ${ports.ports}, ${ports.violations.length} that their own room does not call`);
