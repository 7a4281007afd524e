import { isAbsolute, normalize } from "node:path";
import { MetadataError, type MetadataFault } from "./metadata-error.ts";
import { loadText } from "./load-text.ts";
import { YamlNode } from "./yaml-node.ts";

const FILE = "package.json";
const KEYS = ["entry", "types", "files", "plugins"];

/** What a charm's `package.json` says under `charm` about generating, checking and packing. Paths are relative to the charm. */
export interface CharmSettings {
  /**
   * The program.
   *
   * @default "src/main.ts"
   */
  readonly entry: string;
  /**
   * The module that is generated from the metadata.
   *
   * @default "src/metadata.generated.ts"
   */
  readonly types: string;
  /**
   * Globs of the charm's own files that go into the archive at the same path; those that begin with `!` leave files out.
   *
   * @default []
   */
  readonly files: readonly string[];
  /**
   * Modules that export `plugins`, a list of plugins for esbuild.
   *
   * @default []
   */
  readonly plugins: readonly string[];
}

/**
 * Reads the settings of the charm in a directory; those of one without a `package.json` are the defaults.
 *
 * @throws {@link MetadataError} when a key is not known or a value is not of its type.
 */
export async function loadCharmSettings(directory: string): Promise<CharmSettings> {
  return readCharmSettings(await loadText(directory, FILE));
}

/** Reads the settings from the text of a `package.json`. @throws {@link MetadataError} */
export function readCharmSettings(packageJson = "{}"): CharmSettings {
  const faults: MetadataFault[] = [];
  const settings = YamlNode.parse(FILE, packageJson, faults).member("charm");
  settings.allowOnly(KEYS);
  const read: CharmSettings = {
    entry: readPath(settings.member("entry")) ?? "src/main.ts",
    types: readPath(settings.member("types")) ?? "src/metadata.generated.ts",
    files: readPaths(settings.member("files")),
    plugins: readPaths(settings.member("plugins")),
  };
  if (faults.length > 0) throw new MetadataError(faults);
  return read;
}

function readPaths(list: YamlNode): readonly string[] {
  return list.items().flatMap((item) => readPath(item) ?? []);
}

function readPath(node: YamlNode): string | undefined {
  const path = node.text();
  if (path === undefined) return undefined;
  const plain = normalize(path.replace(/^!/, ""));
  if (path === "" || isAbsolute(plain) || plain.split("/").includes("..")) {
    node.fault(`${node.label} is ${JSON.stringify(path)}; use a path inside the charm's directory`);
  }
  return path;
}
