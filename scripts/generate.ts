import { mkdir, readFile, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { format, resolveConfig } from "prettier";
import { readMetadata } from "./metadata/charm-metadata.ts";
import { renderActions, renderConfiguration } from "./metadata/render-reference.ts";
import { renderTypes } from "./metadata/render-types.ts";

/**
 * `node scripts/generate.ts [--check]`: writes what is derived from the charm's metadata; with `--check`, changes nothing
 * and fails when something is stale.
 */
const root = join(import.meta.dirname, "..");
const check = process.argv.includes("--check");
const metadata = readMetadata(root);
const files = {
  "src/charm/metadata.generated.ts": renderTypes(metadata),
  "docs/reference/configuration.md": renderConfiguration(metadata),
  "docs/reference/actions.md": renderActions(metadata),
};

for (const [name, content] of Object.entries(files)) {
  const path = join(root, name);
  const formatted = await format(content, { ...(await resolveConfig(path)), filepath: path });
  const current = await readFile(path, "utf8").catch(() => undefined);
  if (current === formatted) continue;
  if (check) {
    console.error(`${name} is stale: run "npm run generate" and commit the result`);
    process.exitCode = 1;
    continue;
  }
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, formatted);
  console.log(`Wrote ${name}`);
}
