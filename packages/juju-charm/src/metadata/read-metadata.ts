import type { CharmMetadata } from "./metadata.ts";
import { MetadataError, type MetadataFault } from "./metadata-error.ts";
import { readActions } from "./read-actions.ts";
import { readCharm } from "./read-charm.ts";
import { readOptions } from "./read-options.ts";
import { YamlNode } from "./yaml-node.ts";

/** The texts of a charm's metadata files. */
export interface MetadataFiles {
  /** `charm.yaml`, or the `metadata.yaml` of a packed charm. */
  readonly charm: string;
  /** `config.yaml`; a charm without options needs none. */
  readonly config?: string | undefined;
  /** `actions.yaml`; a charm without actions needs none. */
  readonly actions?: string | undefined;
}

/**
 * Reads a charm's metadata and checks it by the rules of Juju, and by a stricter one: options have a type.
 *
 * @throws {@link MetadataError} with all faults, each with its file, its line and what is accepted.
 */
export function readMetadata(files: MetadataFiles): CharmMetadata {
  const faults: MetadataFault[] = [];
  const parse = (name: string, text = "") => YamlNode.parse(name, text, faults);
  const charm = parse("charm.yaml", files.charm);
  const config = parse("config.yaml", files.config);
  const actions = parse("actions.yaml", files.actions);
  if (faults.length > 0) throw new MetadataError(faults);
  const metadata = { ...readCharm(charm), options: readOptions(config), actions: readActions(actions) };
  if (faults.length > 0) throw new MetadataError(faults);
  return metadata;
}
