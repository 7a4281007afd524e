import type { CharmMetadata } from "../metadata/metadata.ts";
import { readMetadata, type MetadataFiles } from "../metadata/read-metadata.ts";

/** The charm's metadata for a test: the texts of its YAML files, or parsed metadata. */
export type MetadataSource = MetadataFiles | CharmMetadata;

/** @throws MetadataError when Juju would not accept the texts. */
export function metadataOf(source: MetadataSource): CharmMetadata {
  return "charm" in source ? readMetadata(source) : source;
}
