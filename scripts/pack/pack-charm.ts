import { existsSync } from "node:fs";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { readMetadata } from "../metadata/charm-metadata.ts";
import { hostArchitecture, type Architecture } from "./architecture.ts";
import { archiveName } from "./archive-name.ts";
import { bundle } from "./bundle.ts";
import { findRuntime } from "./find-runtime.ts";
import { inputsDigest } from "./inputs-digest.ts";
import { DISPATCH, renderJujuMetadata, renderManifest } from "./juju-files.ts";
import { licencesOf } from "./licences.ts";
import { versionOf } from "./version.ts";
import { writeArchive, type ArchiveEntry } from "./write-archive.ts";

export interface PackOptions {
  /** Root of the repository. */
  readonly root: string;
  /** @default this machine's */
  readonly architecture?: Architecture;
  /** The program, relative to the root. @default "src/main.ts" */
  readonly entry?: string;
  /** @default "dist" in the root */
  readonly outputDirectory?: string;
}

export interface PackedCharm {
  readonly path: string;
  /** False when an archive of the same inputs was there. */
  readonly made: boolean;
}

/** The runtime is most of the archive: the highest speed costs a tenth of size and saves most of the time. */
const RUNTIME_COMPRESSION = 1;

/** Packs the charm for one architecture, unless an archive of the same inputs is there. */
export async function packCharm(options: PackOptions): Promise<PackedCharm> {
  const { root, architecture = hostArchitecture(), entry = "src/main.ts" } = options;
  const directory = options.outputDirectory ?? join(root, "dist");
  const { charm } = readMetadata(root);
  const path = join(directory, archiveName(charm, architecture));
  const runtime = findRuntime(root, architecture);
  const version = versionOf(root);
  const digest = inputsDigest(root, { runtime: join(runtime, "bin/node"), version: `${version} ${entry}` });
  const stamp = `${path}.inputs`;
  if (existsSync(path) && (await readFile(stamp, "utf8").catch(() => "")) === digest) {
    return { path, made: false };
  }
  const { files, sources } = await bundle(root, entry);
  await mkdir(directory, { recursive: true });
  await writeArchive(path, [
    text("metadata.yaml", renderJujuMetadata(charm)),
    text("manifest.yaml", renderManifest(charm, architecture)),
    text("version", `${version}\n`),
    { ...text("dispatch", DISPATCH), executable: true },
    ...["config.yaml", "actions.yaml", "LICENSE", "README.md", "icon.svg"].map((name) =>
      file(name, join(root, name)),
    ),
    ...files.map(({ name, content }) => ({ path: `lib/${name}`, content: { bytes: content } })),
    text("lib/LICENSES", licencesOf(root, sources)),
    file("runtime/LICENSE", join(runtime, "LICENSE")),
    {
      ...file("runtime/bin/node", join(runtime, "bin/node")),
      executable: true,
      compressionLevel: RUNTIME_COMPRESSION,
    },
  ]);
  await writeFile(stamp, digest);
  return { path, made: true };
}

function text(path: string, content: string): ArchiveEntry {
  return { path, content: { bytes: Buffer.from(content) } };
}

function file(path: string, source: string): ArchiveEntry {
  return { path, content: { file: source } };
}
