import { mkdir, mkdtemp, rm, stat, writeFile, copyFile, chmod } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { gzip } from "node:zlib";
import { makeFileAtomically } from "charm-kit";
import { build } from "esbuild";
import { findRuntime, licencesOf, versionOf, type Architecture } from "juju-charm/pack";
import { create } from "tar";
import { renderSingleFile } from "./single-file.ts";

/** What `uname -m` prints. */
const MACHINES: Readonly<Record<Architecture, string>> = { amd64: "x86_64", arm64: "aarch64" };
const AGENT = "packages/juju-agent";
/** The best level costs four more seconds than the usual one for two percent. */
const COMPRESSION = 6;
/** The earliest time of a zip file too, so that the same inputs always create the same bytes. */
const MODIFIED = new Date("1980-01-01T00:00:00Z");

/** Some CommonJS dependencies require built-in modules, which an ES module cannot. */
const BANNER = `import { createRequire } from "node:module";const require = createRequire(import.meta.url);`;

/** A packed agent. */
export interface PackedAgent {
  readonly path: string;
  readonly bytes: number;
}

/**
 * Packs the agent and its pinned Node.js into one executable file, `juju-agent_<architecture>`.
 *
 * @param root base directory of the repository.
 * @throws PackError when the runtime cannot be found.
 */
export async function packAgent(
  root: string,
  output: string,
  architecture: Architecture,
): Promise<PackedAgent> {
  const directory = await mkdtemp(join(tmpdir(), "pack-agent-"));
  try {
    const version = await versionOf(join(root, AGENT));
    await layOut(root, directory, { architecture, version });
    const payload = await compress(directory);
    const facts = { version, architecture, machine: MACHINES[architecture], payload };
    const content = renderSingleFile(facts);
    await mkdir(output, { recursive: true });
    const path = join(output, `juju-agent_${architecture}`);
    await makeFileAtomically(path, (partial) => writeFile(partial, content, { mode: 0o755 }), {
      durable: false,
    });
    return { path, bytes: (await stat(path)).size };
  } finally {
    await rm(directory, { recursive: true });
  }
}

/** Writes the files of the payload: the program finds its version in `package.json`, above itself. */
async function layOut(
  root: string,
  directory: string,
  { architecture, version }: { readonly architecture: Architecture; readonly version: string },
): Promise<void> {
  const runtime = await findRuntime(root, architecture);
  const { program, sources } = await bundle(root, runtime.version);
  for (const name of ["bin", "lib"]) await mkdir(join(directory, name));
  await writeFile(join(directory, "package.json"), `${JSON.stringify({ name: "juju-agent", version })}\n`);
  await writeFile(join(directory, "lib/main.mjs"), program);
  await writeFile(join(directory, "lib/LICENSES"), await licencesOf(root, sources));
  await copyFile(join(root, "LICENSE"), join(directory, "LICENSE"));
  await copyFile(join(runtime.directory, "LICENSE"), join(directory, "bin/LICENSE"));
  await copyFile(join(runtime.directory, "bin/node"), join(directory, "bin/node"));
  await chmod(join(directory, "bin/node"), 0o755);
}

/** One file, so that an agent that uninstalls itself has nothing left to load. */
async function bundle(root: string, nodeVersion: string) {
  const { outputFiles, metafile } = await build({
    absWorkingDir: root,
    entryPoints: [join(AGENT, "src/main.ts")],
    bundle: true,
    format: "esm",
    platform: "node",
    target: `node${nodeVersion}`,
    keepNames: true,
    banner: { js: BANNER },
    legalComments: "none",
    metafile: true,
    write: false,
    logLevel: "error",
  });
  return { program: outputFiles[0]?.contents ?? "", sources: Object.keys(metafile.inputs) };
}

async function compress(directory: string): Promise<Uint8Array> {
  const parts: Buffer[] = [];
  const names = ["LICENSE", "bin", "lib", "package.json"];
  // Portable: without the names, owners and times of this machine.
  const archive = create({ cwd: directory, portable: true, mtime: MODIFIED }, names);
  for await (const part of archive) parts.push(part);
  return promisify(gzip)(Buffer.concat(parts), { level: COMPRESSION });
}
