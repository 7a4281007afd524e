import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { configurationSchema } from "../src/charm/configuration-schema.ts";
import { generateTypes, loadMetadataFiles, readMetadata } from "juju-charm/metadata";
import { renderActions, renderConfiguration } from "./metadata/render-reference.ts";
import { undescribed } from "./metadata/undescribed.ts";
import { writeGenerated } from "./metadata/write-generated.ts";

/**
 * `node scripts/generate.ts [--charm DIRECTORY] [--check]`: writes what is derived from a charm's metadata, which is
 * `src/metadata.generated.ts`; with `--check`, changes nothing and fails when it is stale. Without a directory it is the
 * charm of this repository, which has reference pages too.
 */
const root = join(import.meta.dirname, "..");
const { values } = parseArgs({
  options: { charm: { type: "string" }, check: { type: "boolean", default: false } },
});

try {
  const charm = values.charm === undefined ? root : resolve(values.charm);
  await writeGenerated(charm, await (charm === root ? ofThisCharm() : ofCharm(charm)), values.check);
} catch (thrown) {
  console.error(thrown instanceof Error ? thrown.message : thrown);
  process.exitCode = 1;
}

async function ofCharm(charm: string): Promise<Record<string, string>> {
  return { "src/metadata.generated.ts": generateTypes(await loadMetadataFiles(charm)) };
}

async function ofThisCharm(): Promise<Record<string, string>> {
  const files = await loadMetadataFiles(root);
  const metadata = readMetadata(files);
  const bare = undescribed(metadata);
  if (bare.length > 0) throw new Error(`Cannot write the reference: ${bare.join("; ")}`);
  return {
    "src/charm/metadata.generated.ts": generateTypes(files),
    "docs/reference/configuration.md": renderConfiguration(metadata, configurationSchema.properties),
    "docs/reference/actions.md": renderActions(metadata),
  };
}
