import { type CharmFile } from "./charm-keys.ts";
import type { CharmMetadata } from "./metadata.ts";
import { MetadataError, type MetadataProblem } from "./metadata-error.ts";
import { readActions } from "./read-actions.ts";
import { readCharm } from "./read-charm.ts";
import { readOptions } from "./read-options.ts";
import { YamlNode } from "./yaml-node.ts";

/** The texts of a charm's metadata files. */
export interface MetadataFiles {
  /** `charm.yaml`, `charmcraft.yaml`, or the `metadata.yaml` of a packed charm. */
  readonly charm: string;
  /**
   * Name of the file in `charm`.
   *
   * @default "charm.yaml"
   */
  readonly charmFile?: CharmFile | undefined;
  /** `config.yaml`; not needed for a charm without options or with options in its unified file. */
  readonly config?: string | undefined;
  /** `actions.yaml`; not needed for a charm without actions or with actions in its unified file. */
  readonly actions?: string | undefined;
}

/**
 * Reads a charm's metadata and validates it with Juju's rules and two stricter ones: options must have a type, and keys
 * that neither Juju nor charmcraft reads are errors.
 *
 * @throws {@link MetadataError} with all problems, each with its file, its line and the accepted values.
 */
export function readMetadata(files: MetadataFiles): CharmMetadata {
  const problems: MetadataProblem[] = [];
  const parse = (name: string, text = "") => YamlNode.parse(name, text, problems);
  const { charmFile = "charm.yaml" } = files;
  const charm = parse(charmFile, files.charm);
  const config = parse("config.yaml", files.config);
  const actions = parse("actions.yaml", files.actions);
  if (problems.length > 0) throw new MetadataError(problems);
  const metadata = {
    ...readCharm(charm, charmFile),
    options: readOptions(oneOf(charm.member("config"), config, "config.yaml")),
    actions: readActions(oneOf(charm.member("actions"), actions, "actions.yaml")),
  };
  if (problems.length > 0) throw new MetadataError(problems);
  return metadata;
}

/** The section of the unified file, or the separate file. Rejects both, like charmcraft, because one would be ignored. */
function oneOf(member: YamlNode, file: YamlNode, name: string): YamlNode {
  if (member.isMissing) return file;
  if (!file.isMissing) member.report(`${name} exists too, and only one of the two is read; keep one of them`);
  return member;
}
