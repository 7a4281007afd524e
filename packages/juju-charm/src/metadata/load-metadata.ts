import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { messageOf } from "charm-kit";
import type { CharmMetadata } from "./metadata.ts";
import { MetadataError } from "./metadata-error.ts";
import { readMetadata, type MetadataFiles } from "./read-metadata.ts";

/**
 * Reads the metadata of the charm in a directory: `charm.yaml` or `metadata.yaml`, and `config.yaml` and `actions.yaml`
 * where they are.
 *
 * @throws {@link MetadataError} when the directory has no charm in it, or a file is not as Juju takes it.
 */
export async function loadMetadata(directory: string): Promise<CharmMetadata> {
  return readMetadata(await loadMetadataFiles(directory));
}

/** The texts that {@link loadMetadata} reads. */
export async function loadMetadataFiles(directory: string): Promise<MetadataFiles> {
  const charm = (await load(directory, "charm.yaml")) ?? (await load(directory, "metadata.yaml"));
  if (charm === undefined) {
    const text = `there is no such file in ${directory}; write one with name, summary and description`;
    throw new MetadataError([{ file: "charm.yaml", line: 1, text }]);
  }
  return {
    charm,
    config: await load(directory, "config.yaml"),
    actions: await load(directory, "actions.yaml"),
  };
}

async function load(directory: string, file: string): Promise<string | undefined> {
  try {
    return await readFile(join(directory, file), "utf8");
  } catch (thrown) {
    if (thrown instanceof Error && "code" in thrown && thrown.code === "ENOENT") return undefined;
    throw new MetadataError([{ file, line: 1, text: `it cannot be read: ${messageOf(thrown)}` }], {
      cause: thrown,
    });
  }
}
