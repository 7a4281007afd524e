import { isAbsolute, normalize } from "node:path";
import { MetadataError, type MetadataProblem } from "./metadata-error.ts";
import { loadText } from "./load-text.ts";
import { YamlNode } from "./yaml-node.ts";

const FILE = "package.json";
const KEYS = ["entry", "programs", "types", "files", "plugins"];

/** Settings under `charm` in a charm's `package.json`, for generating, checking and packing. Paths are relative to the charm. */
export interface CharmSettings {
  /**
   * The main module.
   *
   * @default "src/main.ts"
   */
  readonly entry: string;
  /**
   * Main modules of further programs in the archive, such as a service that hooks start: `src/service.ts` becomes
   * `lib/service.mjs`.
   *
   * @default []
   */
  readonly programs: readonly string[];
  /**
   * The generated module with types.
   *
   * @default "src/metadata.generated.ts"
   */
  readonly types: string;
  /**
   * Globs of additional files for the archive, which keep their paths. A glob that begins with `!` excludes files.
   *
   * @default []
   */
  readonly files: readonly string[];
  /**
   * Modules that export `plugins`, a list of esbuild plugins.
   *
   * @default []
   */
  readonly plugins: readonly string[];
}

/**
 * Reads the settings of a charm. Without a `package.json`, returns the defaults.
 *
 * @throws {@link MetadataError} for an unknown key or a value of the wrong type.
 */
export async function loadCharmSettings(directory: string): Promise<CharmSettings> {
  return readCharmSettings(await loadText(directory, FILE));
}

/** Reads the settings from the text of a `package.json`. @throws {@link MetadataError} */
export function readCharmSettings(packageJson = "{}"): CharmSettings {
  const problems: MetadataProblem[] = [];
  const settings = YamlNode.parse(FILE, packageJson, problems).member("charm");
  settings.allowOnly(KEYS);
  const read: CharmSettings = {
    entry: readPath(settings.member("entry")) ?? "src/main.ts",
    programs: readPaths(settings.member("programs")),
    types: readPath(settings.member("types")) ?? "src/metadata.generated.ts",
    files: readPaths(settings.member("files")),
    plugins: readPaths(settings.member("plugins")),
  };
  if (problems.length > 0) throw new MetadataError(problems);
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
    node.report(`${node.label} is ${JSON.stringify(path)}; use a path inside the charm directory`);
  }
  return path;
}
