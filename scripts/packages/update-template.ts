import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { runScript } from "./run-script.ts";
import { renderTemplateManifest, TEMPLATE_MANIFEST } from "./template-versions.ts";

/** `node scripts/packages/update-template.ts`: gives the template of `create-juju-charm` the versions of this repository. */
await runScript(async () => {
  const root = join(import.meta.dirname, "../..");
  await writeFile(join(root, TEMPLATE_MANIFEST), await renderTemplateManifest(root));
});
