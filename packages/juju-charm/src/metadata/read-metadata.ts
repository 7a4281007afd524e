import { type CharmFile } from "./charm-keys.ts";
import type { CharmMetadata } from "./metadata.ts";
import { MetadataError, type MetadataFault } from "./metadata-error.ts";
import { readActions } from "./read-actions.ts";
import { readCharm } from "./read-charm.ts";
import { readOptions } from "./read-options.ts";
import { YamlNode } from "./yaml-node.ts";

/** The texts of a charm's metadata files. */
export interface MetadataFiles {
  /** `charm.yaml`, `charmcraft.yaml`, or the `metadata.yaml` of a packed charm. */
  readonly charm: string;
  /**
   * Which of them it is.
   *
   * @default "charm.yaml"
   */
  readonly charmFile?: CharmFile | undefined;
  /** `config.yaml`; a charm without options, or with options in its unified file, needs none. */
  readonly config?: string | undefined;
  /** `actions.yaml`; a charm without actions, or with actions in its unified file, needs none. */
  readonly actions?: string | undefined;
}

/**
 * Reads a charm's metadata and checks it by the rules of Juju, and by two stricter ones: options have a type, and a key
 * that neither Juju nor charmcraft reads is refused.
 *
 * @throws {@link MetadataError} with all faults, each with its file, its line and what is accepted.
 */
export function readMetadata(files: MetadataFiles): CharmMetadata {
  const faults: MetadataFault[] = [];
  const parse = (name: string, text = "") => YamlNode.parse(name, text, faults);
  const { charmFile = "charm.yaml" } = files;
  const charm = parse(charmFile, files.charm);
  const config = parse("config.yaml", files.config);
  const actions = parse("actions.yaml", files.actions);
  if (faults.length > 0) throw new MetadataError(faults);
  const metadata = {
    ...readCharm(charm, charmFile),
    options: readOptions(oneOf(charm.member("config"), config, "config.yaml")),
    actions: readActions(oneOf(charm.member("actions"), actions, "actions.yaml")),
  };
  if (faults.length > 0) throw new MetadataError(faults);
  return metadata;
}

/** What is in the unified file or in a file of its own. Charmcraft refuses both, and of two one would be lost. */
function oneOf(member: YamlNode, file: YamlNode, name: string): YamlNode {
  if (member.isMissing) return file;
  if (!file.isMissing)
    member.fault(`${name} is there too, and only one of the two is read; keep one of them`);
  return member;
}
