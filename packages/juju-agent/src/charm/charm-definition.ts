import { parse } from "yaml";

import { CharmArchiveError } from "juju-hook-tools";
import { isRecord, messageOf } from "charm-kit";
import { parseActionDefinitions, type ActionDefinitions } from "./action-definitions.ts";
import { parseConfigOptions, type ConfigOptions } from "./config-options.ts";

/** A charm's metadata, options and actions; stored in the state file. */
export interface CharmDefinition {
  readonly name: string;
  readonly summary: string;
  readonly bases: readonly CharmBase[];
  readonly options: ConfigOptions;
  readonly actions: ActionDefinitions;
  /** First line of the file `version`, or empty. */
  readonly version: string;
}

export interface CharmBase {
  readonly name: string;
  readonly channel: string;
  /** Juju's names, such as `amd64`; empty means any. */
  readonly architectures: readonly string[];
}

/** Content of the metadata files at the root of an archive. */
export type CharmFiles = Readonly<Partial<Record<CharmFileName, string>>>;

export const CHARM_FILES = [
  "metadata.yaml",
  "manifest.yaml",
  "config.yaml",
  "actions.yaml",
  "version",
] as const;

export type CharmFileName = (typeof CHARM_FILES)[number];

const CHARM_NAME = /^[a-z][a-z0-9]*(-[a-z0-9]*[a-z][a-z0-9]*)*$/;
const BASE_NAMES: readonly string[] = ["ubuntu", "centos", "windows", "osx", "opensuse", "genericlinux"];
const ARCHITECTURES: readonly string[] = ["amd64", "i386", "armhf", "arm64", "ppc64el", "s390x", "riscv64"];

/** @throws CharmArchiveError when a file is missing, is not YAML, or has a value that Juju refuses */
export function parseCharmDefinition(files: CharmFiles): CharmDefinition {
  if (files["metadata.yaml"] === undefined)
    throw refused("metadata.yaml", "not found at the root of the archive");
  const metadata = parseFile(files, "metadata.yaml");
  const name = requiredText(metadata, "name");
  if (!CHARM_NAME.test(name)) throw refused("metadata.yaml", `name "${name}" is not valid`);
  requiredText(metadata, "description");
  const bases = parseBases(parseFile(files, "manifest.yaml"));
  if (isRecord(metadata) && "series" in metadata)
    throw refused("metadata.yaml", "ambiguous metadata: series and bases");
  return {
    name,
    summary: requiredText(metadata, "summary"),
    bases,
    options: parseConfigOptions(parseFile(files, "config.yaml")),
    actions: parseActionDefinitions(parseFile(files, "actions.yaml")),
    version: (files.version ?? "").split("\n", 1)[0]?.slice(0, 100) ?? "",
  };
}

/** @throws CharmArchiveError when no base of the charm supports `architecture` */
export function assertRunsOn(definition: CharmDefinition, architecture: string): void {
  const all = definition.bases.flatMap((base) => base.architectures);
  const runs = definition.bases.some(
    (base) => base.architectures.length === 0 || base.architectures.includes(architecture),
  );
  if (runs) return;
  throw new CharmArchiveError(
    `Cannot deploy ${definition.name}: it is built for ${all.join(", ")} and this machine is ${architecture}`,
  );
}

function parseBases(manifest: unknown): readonly CharmBase[] {
  const bases = isRecord(manifest) ? manifest["bases"] : undefined;
  if (!Array.isArray(bases) || bases.length === 0)
    throw refused("manifest.yaml", "charm does not define any bases");
  return bases.map(parseBase);
}

function parseBase(raw: unknown): CharmBase {
  const base = isRecord(raw) ? raw : {};
  const { name, channel } = base;
  const architectures = base["architectures"] ?? [];
  if (typeof name !== "string" || !BASE_NAMES.includes(name)) {
    throw refused("manifest.yaml", `base name ${JSON.stringify(name)} not valid`);
  }
  if (typeof channel !== "string" || channel === "")
    throw refused("manifest.yaml", "base without channel not valid");
  if (!Array.isArray(architectures)) throw refused("manifest.yaml", "architectures must be a list");
  const unknown: unknown = architectures.find(
    (architecture) => !ARCHITECTURES.includes(architecture as string),
  );
  if (unknown !== undefined)
    throw refused("manifest.yaml", `architecture ${JSON.stringify(unknown)} not valid`);
  return { name, channel, architectures: architectures as readonly string[] };
}

function parseFile(files: CharmFiles, name: CharmFileName): unknown {
  const text = files[name];
  if (text === undefined) return undefined;
  try {
    return parse(text) as unknown;
  } catch (cause) {
    throw new CharmArchiveError(`Cannot read ${name}: ${messageOf(cause)}`, { cause });
  }
}

function requiredText(metadata: unknown, key: string): string {
  const value = isRecord(metadata) ? metadata[key] : undefined;
  if (typeof value === "string" && value !== "") return value;
  throw refused("metadata.yaml", `${key}: expected string, got nothing`);
}

function refused(file: CharmFileName, detail: string): CharmArchiveError {
  return new CharmArchiveError(`Cannot read ${file}: ${detail}`);
}
