import { CHARM_FILES } from "./charm-keys.ts";
import { loadText } from "./load-text.ts";
import type { CharmMetadata } from "./metadata.ts";
import { MetadataError } from "./metadata-error.ts";
import { readMetadata, type MetadataFiles } from "./read-metadata.ts";

/**
 * Reads the metadata of the charm in a directory: `charm.yaml`, `charmcraft.yaml` or `metadata.yaml`, and optionally
 * `config.yaml` and `actions.yaml`.
 *
 * @throws {@link MetadataError} when the directory contains no charm, or a file is invalid.
 */
export async function loadMetadata(directory: string): Promise<CharmMetadata> {
  return readMetadata(await loadMetadataFiles(directory));
}

/** Reads the texts of the files of {@link loadMetadata}. */
export async function loadMetadataFiles(directory: string): Promise<MetadataFiles> {
  const texts = await Promise.all(
    CHARM_FILES.map(async (file) => ({ file, text: await loadText(directory, file) })),
  );
  const [found, other] = texts.flatMap(({ file, text }) => (text === undefined ? [] : [{ file, text }]));
  if (found === undefined) {
    const text = `${directory} has no such file; create one with name, summary and description`;
    throw new MetadataError([{ file: "charm.yaml", line: 1, text }]);
  }
  if (other !== undefined) {
    const text = `${found.file} exists too, and only one of the two is read; keep one of them`;
    throw new MetadataError([{ file: other.file, line: 1, text }]);
  }
  return {
    charm: found.text,
    charmFile: found.file,
    config: await loadText(directory, "config.yaml"),
    actions: await loadText(directory, "actions.yaml"),
  };
}
