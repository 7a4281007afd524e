import type { CharmMetadata } from "../metadata/metadata.ts";
import { readMetadata, type MetadataFiles } from "../metadata/read-metadata.ts";

/** Where a test has the charm's metadata from: the texts of its yaml files, or what was read of them already. */
export type MetadataSource = MetadataFiles | CharmMetadata;

/** @throws MetadataError when the texts are not as Juju takes them. */
export function metadataOf(source: MetadataSource): CharmMetadata {
  return "charm" in source ? readMetadata(source) : source;
}
