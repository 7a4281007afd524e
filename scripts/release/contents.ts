import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { findRuntime, hostArchitecture, type Architecture } from "juju-charm/pack";

/** An npm package whose code is in the release. */
export interface PackedLibrary {
  readonly name: string;
  readonly version: string;
  /** SPDX expression. @default unknown */
  readonly licence?: string;
  /** SHA-512 of its tarball, in hexadecimal. @default unknown, as for the packages of this repository */
  readonly sha512?: string;
}

/** The Node.js of one architecture. */
export interface PackedRuntime {
  readonly architecture: Architecture;
  /** Name of its npm package. */
  readonly package: string;
  readonly version: string;
  /** SHA-256 of `bin/node`, in hexadecimal. */
  readonly sha256: string;
}

/** All that a release contains of others, and the packages of this repository. */
export interface ReleaseContents {
  readonly libraries: readonly PackedLibrary[];
  readonly runtimes: readonly PackedRuntime[];
  /** Libraries in Node.js, such as `openssl`, with their versions. */
  readonly runtimeLibraries: Readonly<Record<string, string>>;
}

interface Manifest {
  readonly name: string;
  readonly version: string;
  readonly license?: string;
}

/** `modules` is the version of an interface, no library. */
const NO_LIBRARIES = ["node", "modules", "napi"];
const PACKAGE = /^(?:(?:.*\/)?node_modules\/(?:@[^/]+\/)?[^/]+|packages\/[^/]+)/;
const run = promisify(execFile);

/**
 * Reads what bundled sources come from.
 *
 * @param sources paths of bundled files, relative to the root.
 */
export async function readContents(
  root: string,
  sources: readonly string[],
  architectures: readonly Architecture[],
): Promise<ReleaseContents> {
  const lock = JSON.parse(await readFile(join(root, "package-lock.json"), "utf8")) as Lock;
  const directories = [...new Set(sources.flatMap((source) => PACKAGE.exec(source)?.[0] ?? []))];
  const libraries = await Promise.all(directories.map((directory) => libraryIn(root, directory, lock)));
  const runtimes = await Promise.all(architectures.map((architecture) => runtimeOf(root, architecture)));
  return {
    libraries: libraries.sort((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1)),
    runtimes,
    runtimeLibraries: await librariesOfRuntime(root),
  };
}

/** Reads the sources from the record of inputs that the packer writes beside an archive. */
export async function sourcesOfArchive(archive: string): Promise<readonly string[]> {
  const record = JSON.parse(await readFile(`${archive}.inputs`, "utf8")) as {
    readonly files: Readonly<Record<string, string | null>>;
  };
  return Object.keys(record.files);
}

/** The licences of all that is not ours, one after the other. */
export async function renderLicences(
  root: string,
  libraries: string,
  architecture: Architecture,
): Promise<string> {
  const { directory, version } = await findRuntime(root, architecture);
  const node = await readFile(join(directory, "LICENSE"), "utf8");
  return `Node.js ${version}, and the libraries in it\n\n${node}\n${"-".repeat(80)}\n\n${libraries}`;
}

interface Lock {
  readonly packages: Readonly<Record<string, { readonly integrity?: string }>>;
}

async function libraryIn(root: string, directory: string, { packages }: Lock): Promise<PackedLibrary> {
  const { name, version, license } = await manifestIn(join(root, directory));
  const [, digest] = /^sha512-(.+)$/.exec(packages[directory]?.integrity ?? "") ?? [];
  return {
    name,
    version,
    ...(license === undefined ? {} : { licence: license }),
    ...(digest === undefined ? {} : { sha512: Buffer.from(digest, "base64").toString("hex") }),
  };
}

async function runtimeOf(root: string, architecture: Architecture): Promise<PackedRuntime> {
  const { directory, version } = await findRuntime(root, architecture);
  const program = await readFile(join(directory, "bin/node"));
  return {
    architecture,
    package: (await manifestIn(directory)).name,
    version,
    sha256: createHash("sha256").update(program).digest("hex"),
  };
}

/** Asks the Node.js of this machine's architecture; that of others is built from the same sources. */
async function librariesOfRuntime(root: string): Promise<Readonly<Record<string, string>>> {
  const { directory } = await findRuntime(root, hostArchitecture());
  const { stdout } = await run(join(directory, "bin/node"), ["-p", "JSON.stringify(process.versions)"]);
  const versions = Object.entries(JSON.parse(stdout) as Readonly<Record<string, string>>);
  return Object.fromEntries(versions.filter(([name]) => !NO_LIBRARIES.includes(name)).sort());
}

async function manifestIn(directory: string): Promise<Manifest> {
  const path = join(directory, "package.json");
  if (!existsSync(path)) throw new Error(`Cannot tell what ${directory} is: it has no package.json`);
  return JSON.parse(await readFile(path, "utf8")) as Manifest;
}

function keyOf({ name, version }: PackedLibrary): string {
  return `${name}@${version}`;
}
