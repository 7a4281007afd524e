import { existsSync, readFileSync } from "node:fs";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { loadMetadata, type CharmMetadata } from "../metadata/index.ts";
import { hostArchitecture, type Architecture } from "./architecture.ts";
import { archiveName } from "./archive-name.ts";
import { bundle } from "./bundle.ts";
import { findRuntime } from "./find-runtime.ts";
import { inputsDigest } from "./inputs-digest.ts";
import { DISPATCH, renderJujuActions, renderJujuMetadata, renderManifest, runsOn } from "./juju-files.ts";
import { licencesOf } from "./licences.ts";
import { versionOf } from "./version.ts";
import { writeArchive, type ArchiveEntry } from "./write-archive.ts";

export interface PackOptions {
  /** Root of the framework's repository, which has the runtime. */
  readonly root: string;
  /** Directory of the charm, with its `charm.yaml`. @default the root */
  readonly charm?: string;
  /** @default this machine's */
  readonly architecture?: Architecture;
  /** The program, absolute or relative to the charm's directory. @default "src/main.ts" */
  readonly entry?: string;
  /** @default "dist" in the charm's directory */
  readonly outputDirectory?: string;
}

export interface PackedCharm {
  readonly path: string;
  /** False when an archive of the same inputs was there. */
  readonly made: boolean;
}

/** The runtime is most of the archive: the highest speed costs a tenth of size and saves most of the time. */
const RUNTIME_COMPRESSION = 1;

/** Files that go into the archive as they are, where a charm has them. */
const PLAIN_FILES = ["config.yaml", "LICENSE", "README.md", "icon.svg"];

/** Packs a charm for one architecture, unless an archive of the same inputs is there. */
export async function packCharm(options: PackOptions): Promise<PackedCharm> {
  const { root, charm = root, architecture = hostArchitecture(), entry = "src/main.ts" } = options;
  const directory = options.outputDirectory ?? join(charm, "dist");
  const metadata = await loadMetadata(charm);
  check(metadata, charm, { entry, architecture });
  const path = join(directory, archiveName(metadata, architecture));
  const runtime = findRuntime(root, architecture);
  const version = versionOf(root, charm);
  const program = join(runtime, "bin/node");
  const digest = inputsDigest({ root, charm, runtime: program, settings: `${version} ${entry}` });
  const stamp = `${path}.inputs`;
  if (existsSync(path) && (await readFile(stamp, "utf8").catch(() => "")) === digest) {
    return { path, made: false };
  }
  const { files, sources } = await bundle(charm, entry);
  await mkdir(directory, { recursive: true });
  await writeArchive(path, [
    ...jujuFiles(charm, metadata, architecture),
    text("version", `${version}\n`),
    ...files.map(({ name, content }) => ({
      path: `lib/${name}`,
      content: { bytes: content },
      executable: name === "main.mjs",
    })),
    text("lib/LICENSES", licencesOf(charm, sources)),
    file("runtime/LICENSE", join(runtime, "LICENSE")),
    { ...file("runtime/bin/node", program), executable: true, compressionLevel: RUNTIME_COMPRESSION },
  ]);
  await writeFile(stamp, digest);
  return { path, made: true };
}

/** What Juju would refuse at deployment, or esbuild less clearly. */
function check(
  { bases }: CharmMetadata,
  charm: string,
  { entry, architecture }: { readonly entry: string; readonly architecture: Architecture },
): void {
  if (!existsSync(resolve(charm, entry))) {
    throw new Error(
      `Cannot pack ${charm}: it has no ${entry}; write one that calls main() with the charm's class`,
    );
  }
  if (!bases.some((base) => runsOn(base, architecture))) {
    throw new Error(
      `Cannot pack ${charm} for ${architecture}: no base in charm.yaml runs on it; add one to bases`,
    );
  }
}

function jujuFiles(charm: string, metadata: CharmMetadata, architecture: Architecture): ArchiveEntry[] {
  const plain = PLAIN_FILES.filter((name) => existsSync(join(charm, name)));
  const actions = join(charm, "actions.yaml");
  return [
    text("metadata.yaml", renderJujuMetadata(metadata)),
    text("manifest.yaml", renderManifest(metadata, architecture)),
    { ...text("dispatch", DISPATCH), executable: true },
    ...plain.map((name) => file(name, join(charm, name))),
    ...(existsSync(actions) ? [text("actions.yaml", renderJujuActions(readFileSync(actions, "utf8")))] : []),
  ];
}

function text(path: string, content: string): ArchiveEntry {
  return { path, content: { bytes: Buffer.from(content) } };
}

function file(path: string, source: string): ArchiveEntry {
  return { path, content: { file: source } };
}
