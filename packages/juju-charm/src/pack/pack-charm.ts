import { existsSync } from "node:fs";
import { mkdir, stat } from "node:fs/promises";
import { join, resolve } from "node:path";
import { CHARM_FILES } from "../metadata/charm-keys.ts";
import { loadCharmSettings, loadMetadata, type CharmMetadata } from "../metadata/index.ts";
import { loadText } from "../metadata/load-text.ts";
import { hostArchitecture, type Architecture } from "./architecture.ts";
import { archiveName } from "./archive-name.ts";
import { bundle, type Bundle, bundleProgram } from "./bundle.ts";
import { upwards } from "./find-upwards.ts";
import { findRuntime, type Runtime } from "./find-runtime.ts";
import { isUpToDate, packerDigest, recordInputs } from "./inputs-record.ts";
import {
  DISPATCH,
  renderJujuActions,
  renderJujuConfig,
  renderJujuMetadata,
  renderManifest,
  runsOn,
} from "./juju-files.ts";
import { licencesOf } from "./licences.ts";
import { ownFiles } from "./own-files.ts";
import { PackError } from "./pack-error.ts";
import { versionOf } from "./version.ts";
import { writeArchive, type ArchiveEntry } from "./write-archive.ts";

/** Settings of {@link packCharm}. */
export interface PackOptions {
  /** Directory of the charm, with its `charm.yaml`. */
  readonly charm: string;
  /** @default this machine's */
  readonly architecture?: Architecture;
  /**
   * The main module, absolute or relative to the charm directory.
   *
   * @default the entry in the charm's settings
   */
  readonly entry?: string;
  /** @default "dist" in the charm directory */
  readonly outputDirectory?: string;
}

/** A packed archive. */
export interface PackedCharm {
  readonly path: string;
  /** False when an archive with the same inputs already existed. */
  readonly made: boolean;
  /** Formatted warnings of the bundler; empty when the archive already existed. */
  readonly warnings: readonly string[];
}

/** The runtime is most of the archive. The fastest level increases the size by a tenth and saves most of the time. */
const RUNTIME_COMPRESSION = 1;

/** Optional files that are packed unchanged. */
const PLAIN_FILES = ["lxd-profile.yaml", "LICENSE", "README.md", "icon.svg"];

/** Metadata files. */
const METADATA_FILES = [...CHARM_FILES, "config.yaml", "actions.yaml"];

/** Files that affect bundling but are not packed. */
const PROJECT_FILES = ["package.json", "package-lock.json", "tsconfig.json"];

/** Inputs of an archive, without the bundled program. */
interface Charm {
  readonly directory: string;
  readonly metadata: CharmMetadata;
  readonly entry: string;
  /** Main modules of further programs. */
  readonly programs: readonly string[];
  readonly architecture: Architecture;
  readonly runtime: Runtime;
  readonly version: string;
  /** The additional files of the charm's settings. */
  readonly own: readonly ArchiveEntry[];
}

/**
 * Packs a charm for one architecture, unless an archive with the same inputs already exists.
 *
 * @throws {@link PackError} or {@link MetadataError} when it cannot be packed; the message includes advice.
 */
export async function packCharm(options: PackOptions): Promise<PackedCharm> {
  const charm = await openCharm(options);
  const { directory, metadata, architecture } = charm;
  const output = options.outputDirectory ?? join(directory, "dist");
  const path = join(output, archiveName(metadata, architecture));
  const record = `${path}.inputs`;
  const settings = await settingsOf(charm);
  if (existsSync(path) && (await isUpToDate(record, directory, settings))) {
    return { path, made: false, warnings: [] };
  }
  const bundled = await bundleAll(charm);
  const entries = await entriesOf(charm, bundled);
  await mkdir(output, { recursive: true });
  await writeArchive(path, entries);
  const inputs = [...bundled.sources, ...bundled.pluginSources, ...fixedInputs(charm)];
  await recordInputs(record, { charm: directory, settings, files: inputs });
  return { path, made: true, warnings: bundled.warnings };
}

/** The charm's program and its further ones. */
async function bundleAll({ directory, entry, programs, runtime }: Charm): Promise<Bundle> {
  const options = { nodeVersion: runtime.version };
  const charm = await bundle(directory, entry, options);
  const others = await Promise.all(programs.map((program) => bundleProgram(directory, program, options)));
  return {
    ...charm,
    files: [...charm.files, ...others.flatMap(({ files }) => files)],
    sources: [...new Set([...charm.sources, ...others.flatMap(({ sources }) => sources)])],
    warnings: [...charm.warnings, ...others.flatMap(({ warnings }) => warnings)],
  };
}

async function openCharm(options: PackOptions): Promise<Charm> {
  const directory = resolve(options.charm);
  const { architecture = hostArchitecture() } = options;
  const metadata = await loadMetadata(directory);
  const settings = await loadCharmSettings(directory);
  const entry = options.entry ?? settings.entry;
  check(metadata, directory, { entry, architecture });
  return {
    directory,
    metadata,
    entry,
    programs: settings.programs,
    architecture,
    runtime: await findRuntime(directory, architecture),
    version: await versionOf(directory),
    own: await ownFiles(directory, settings.files),
  };
}

/** Inputs that are not file contents. The large runtime is identified by size and modification time. */
async function settingsOf({ entry, programs, version, runtime, own, directory }: Charm): Promise<string> {
  const { size, mtimeMs } = await stat(programOf(runtime));
  const plain = PLAIN_FILES.filter((name) => existsSync(join(directory, name)));
  const files = own.map(({ path, executable }) => [path, executable]);
  return JSON.stringify([
    await packerDigest(),
    entry,
    programs,
    version,
    runtime,
    size,
    mtimeMs,
    plain,
    files,
  ]);
}

/** Input files that are not bundled. */
function fixedInputs({ directory, own }: Charm): string[] {
  return [
    ...METADATA_FILES,
    ...PLAIN_FILES,
    ...upwards(directory).flatMap((outer) => PROJECT_FILES.map((name) => join(outer, name))),
    ...own.map(({ path }) => path),
  ];
}

/** Reports errors that Juju would find only at deployment, or esbuild with a less clear message. */
function check(
  { bases }: CharmMetadata,
  charm: string,
  { entry, architecture }: { readonly entry: string; readonly architecture: Architecture },
): void {
  if (!existsSync(resolve(charm, entry))) {
    throw new PackError(
      `Cannot pack ${charm}: it has no ${entry}; create one that calls main() with the charm's class`,
    );
  }
  if (!bases.some((base) => runsOn(base, architecture))) {
    throw new PackError(
      `Cannot pack ${charm} for ${architecture}: no base in charm.yaml supports it; add one to bases`,
    );
  }
}

async function entriesOf(charm: Charm, { files, sources }: Bundle): Promise<ArchiveEntry[]> {
  const { directory, runtime, version } = charm;
  const made = [
    ...(await jujuFiles(charm)),
    text("version", `${version}\n`),
    ...files.map(({ name, content }) => ({
      path: `lib/${name}`,
      content: { bytes: content },
      executable: name === "main.mjs",
    })),
    text("lib/LICENSES", await licencesOf(directory, sources)),
    file("runtime/LICENSE", join(runtime.directory, "LICENSE")),
    {
      ...file("runtime/bin/node", programOf(runtime)),
      executable: true,
      compressionLevel: RUNTIME_COMPRESSION,
    },
  ];
  const paths = new Set(made.map(({ path }) => path));
  return [...made, ...charm.own.filter(({ path }) => !paths.has(path))];
}

async function jujuFiles({ directory, metadata, architecture }: Charm): Promise<ArchiveEntry[]> {
  const { options, actions } = metadata;
  return [
    text("metadata.yaml", renderJujuMetadata(metadata)),
    text("manifest.yaml", renderManifest(metadata, architecture)),
    { ...text("dispatch", DISPATCH), executable: true },
    ...PLAIN_FILES.filter((name) => existsSync(join(directory, name))).map((name) =>
      file(name, join(directory, name)),
    ),
    // Charmcraft's linters fail for an empty file, which is not a map.
    ...(Object.keys(options).length > 0
      ? [text("config.yaml", (await loadText(directory, "config.yaml")) ?? renderJujuConfig(metadata))]
      : []),
    ...(Object.keys(actions).length > 0
      ? [text("actions.yaml", renderJujuActions(metadata, await loadText(directory, "actions.yaml")))]
      : []),
  ];
}

function programOf(runtime: Runtime): string {
  return join(runtime.directory, "bin/node");
}

function text(path: string, content: string): ArchiveEntry {
  return { path, content: { bytes: Buffer.from(content) } };
}

function file(path: string, source: string): ArchiveEntry {
  return { path, content: { file: source } };
}
