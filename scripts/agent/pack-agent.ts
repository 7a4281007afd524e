import { mkdir, mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { promisify } from "node:util";
import { gzip } from "node:zlib";
import { makeFileAtomically } from "charm-kit";
import type { Architecture } from "juju-charm/pack";
import { create } from "tar";
import { findDeflated } from "./deflated-entry.ts";
import type { ProductParts } from "./products.ts";
import { writeProgramTree } from "./program-tree.ts";
import { renderSingleFile, type EmbeddedCharm } from "./single-file.ts";

/** What `uname -m` prints. */
const MACHINES: Readonly<Record<Architecture, string>> = { amd64: "x86_64", arm64: "aarch64" };
/** The best level costs four more seconds than the usual one for two percent. */
const COMPRESSION = 6;
/** The earliest time of a zip file too, so that the same inputs always create the same bytes. */
const MODIFIED = new Date("1980-01-01T00:00:00Z");

/** A packed agent. */
export interface PackedAgent {
  readonly path: string;
  readonly bytes: number;
}

/**
 * Packs an agent and its pinned Node.js, and its charm if it has one, into one executable file, `<name>_<architecture>`.
 *
 * @param root base directory of the repository.
 * @throws PackError when the runtime cannot be found.
 */
export async function packAgent(
  root: string,
  output: string,
  architecture: Architecture,
  product: ProductParts,
): Promise<PackedAgent> {
  const { name, version, archive } = product;
  const directory = await mkdtemp(join(tmpdir(), "pack-agent-"));
  try {
    await writeProgramTree(root, directory, product, { architecture, isWhole: false });
    const payload = await compress(directory, archive === undefined ? ["bin/node"] : []);
    const facts = { name, version, architecture, machine: MACHINES[architecture], payload };
    const charm = archive === undefined ? {} : { charm: await embedded(archive) };
    const content = renderSingleFile({ ...facts, ...charm });
    await mkdir(output, { recursive: true });
    const path = join(output, `${name}_${architecture}`);
    await makeFileAtomically(path, (partial) => writeFile(partial, content, { mode: 0o755 }), {
      durable: false,
    });
    return { path, bytes: (await stat(path)).size };
  } finally {
    await rm(directory, { recursive: true });
  }
}

async function embedded(archive: string): Promise<EmbeddedCharm> {
  const content = await readFile(archive);
  return { name: basename(archive), content, runtime: findDeflated(content, "runtime/bin/node") };
}

async function compress(directory: string, more: readonly string[]): Promise<Uint8Array> {
  const parts: Buffer[] = [];
  const names = ["LICENSE", "bin/LICENSE", "lib", "package.json", ...more];
  // Portable: without the names, owners and times of this machine.
  const archive = create({ cwd: directory, portable: true, mtime: MODIFIED }, names);
  for await (const part of archive) parts.push(part);
  return promisify(gzip)(Buffer.concat(parts), { level: COMPRESSION });
}
