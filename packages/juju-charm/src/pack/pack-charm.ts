import { existsSync } from "node:fs";
import { mkdir, stat } from "node:fs/promises";
import { join, resolve } from "node:path";
import { CHARM_FILES } from "../metadata/charm-keys.ts";
import { loadCharmSettings, loadMetadata, type CharmMetadata } from "../metadata/index.ts";
import { loadText } from "../metadata/load-text.ts";
import { hostArchitecture, type Architecture } from "./architecture.ts";
import { archiveName } from "./archive-name.ts";
import { bundle, type Bundle } from "./bundle.ts";
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
   * The program, absolute or relative to the charm's directory.
   *
   * @default the one of the charm's settings
   */
  readonly entry?: string;
  /** @default "dist" in the charm's directory */
  readonly outputDirectory?: string;
}

/** An archive. */
export interface PackedCharm {
  readonly path: string;
  /** False when an archive of the same inputs was there. */
  readonly made: boolean;
  /** What the bundler warns of, for people; empty when the archive was there. */
  readonly warnings: readonly string[];
}

/** The runtime is most of the archive: the highest speed costs a tenth of size and saves most of the time. */
const RUNTIME_COMPRESSION = 1;

/** Files that go into the archive as they are, where a charm has them. */
const PLAIN_FILES = ["lxd-profile.yaml", "LICENSE", "README.md", "icon.svg"];

/** What Juju is told. */
const METADATA_FILES = [...CHARM_FILES, "config.yaml", "actions.yaml"];

/** Files that tell how a charm is bundled without being in its archive. */
const PROJECT_FILES = ["package.json", "package-lock.json", "tsconfig.json"];

/** What a charm is packed from, but for its program. */
interface Charm {
  readonly directory: string;
  readonly metadata: CharmMetadata;
  readonly entry: string;
  readonly architecture: Architecture;
  readonly runtime: Runtime;
  readonly version: string;
  /** The files that the charm's settings name. */
  readonly own: readonly ArchiveEntry[];
}

/**
 * Packs a charm for one architecture, unless an archive of the same inputs is there.
 *
 * @throws {@link PackError} or {@link MetadataError} when it cannot be packed; the message says what to do.
 */
export async function packCharm(options: PackOptions): Promise<PackedCharm> {
  const charm = await openCharm(options);
  const { directory, entry, metadata, architecture } = charm;
  const output = options.outputDirectory ?? join(directory, "dist");
  const path = join(output, archiveName(metadata, architecture));
  const record = `${path}.inputs`;
  const settings = await settingsOf(charm);
  if (existsSync(path) && (await isUpToDate(record, directory, settings))) {
    return { path, made: false, warnings: [] };
  }
  const bundled = await bundle(directory, entry, { nodeVersion: charm.runtime.version });
  const entries = await entriesOf(charm, bundled);
  await mkdir(output, { recursive: true });
  await writeArchive(path, entries);
  const inputs = [...bundled.sources, ...bundled.pluginSources, ...fixedInputs(charm)];
  await recordInputs(record, { charm: directory, settings, files: inputs });
  return { path, made: true, warnings: bundled.warnings };
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
    architecture,
    runtime: await findRuntime(directory, architecture),
    version: await versionOf(directory),
    own: await ownFiles(directory, settings.files),
  };
}

/** Whatever an archive depends on beside the content of files. The runtime goes by its size and time, since it is large. */
async function settingsOf({ entry, version, runtime, own, directory }: Charm): Promise<string> {
  const { size, mtimeMs } = await stat(programOf(runtime));
  const plain = PLAIN_FILES.filter((name) => existsSync(join(directory, name)));
  const files = own.map(({ path, executable }) => [path, executable]);
  return JSON.stringify([await packerDigest(), entry, version, runtime, size, mtimeMs, plain, files]);
}

/** Files that the archive depends on beside those that are bundled. */
function fixedInputs({ directory, own }: Charm): string[] {
  return [
    ...METADATA_FILES,
    ...PLAIN_FILES,
    ...upwards(directory).flatMap((outer) => PROJECT_FILES.map((name) => join(outer, name))),
    ...own.map(({ path }) => path),
  ];
}

/** What Juju would refuse at deployment, or esbuild less clearly. */
function check(
  { bases }: CharmMetadata,
  charm: string,
  { entry, architecture }: { readonly entry: string; readonly architecture: Architecture },
): void {
  if (!existsSync(resolve(charm, entry))) {
    throw new PackError(
      `Cannot pack ${charm}: it has no ${entry}; write one that calls main() with the charm's class`,
    );
  }
  if (!bases.some((base) => runsOn(base, architecture))) {
    throw new PackError(
      `Cannot pack ${charm} for ${architecture}: no base in charm.yaml runs on it; add one to bases`,
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
    // An empty file is no map, and charmcraft's linters fail on it.
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
