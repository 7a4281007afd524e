import { createHash } from "node:crypto";
import { createReadStream, createWriteStream } from "node:fs";
import { chmod, mkdir, realpath, symlink } from "node:fs/promises";
import { dirname, join, normalize, sep } from "node:path";
import { pipeline } from "node:stream/promises";
import { openPromise, type Entry, type ZipFile } from "yauzl";

import { messageOf } from "../../support/errors.ts";
import { CharmArchiveError } from "../agent-errors.ts";
import {
  CHARM_FILES,
  parseCharmDefinition,
  type CharmDefinition,
  type CharmFileName,
} from "./charm-definition.ts";

const TYPE_MASK = 0o170000;
const SYMLINK = 0o120000;
const REGULAR = 0o100000;
const DIRECTORY = 0o040000;
const LARGEST_TEXT_BYTES = 1024 * 1024;

type EntryKind = "file" | "directory" | "symlink";

/**
 * Reads and checks an archive as `juju deploy` does, without unpacking it. `dispatch` must be an executable file at
 * its root: Juju itself finds that out only when the first hook fails.
 *
 * @throws CharmArchiveError
 */
export async function readCharmArchive(path: string, signal: AbortSignal): Promise<CharmDefinition> {
  const texts: Partial<Record<CharmFileName, string>> = {};
  let dispatchMode: number | undefined;
  await eachEntry(path, signal, async (zip, entry) => {
    kindOf(entry);
    if (entry.fileName === "dispatch") dispatchMode = modeOf(entry);
    const name = CHARM_FILES.find((file) => file === entry.fileName);
    if (name) texts[name] = await readText(zip, entry);
  });
  const definition = parseCharmDefinition(texts);
  if (dispatchMode === undefined) {
    throw new CharmArchiveError(
      `Cannot deploy ${path}: invalid charm "${definition.name}": has no dispatch file at its root`,
    );
  }
  if ((dispatchMode & 0o100) === 0) {
    throw new CharmArchiveError(
      `Cannot deploy ${path}: invalid charm "${definition.name}": dispatch is not executable`,
    );
  }
  return definition;
}

/**
 * Unpacks an archive into a directory, which is made, and gives the paths that it put there.
 *
 * Modes become 0755 for what its owner may execute and 0644 for the rest; symlinks must stay inside.
 *
 * @throws CharmArchiveError
 */
export async function unpackCharmArchive(
  path: string,
  directory: string,
  signal: AbortSignal,
): Promise<readonly string[]> {
  const unpacked: string[] = [];
  const links: { readonly name: string; readonly target: string }[] = [];
  await mkdir(directory, { recursive: true, mode: 0o755 });
  await eachEntry(path, signal, async (zip, entry) => {
    const kind = kindOf(entry);
    const name = entry.fileName.replace(/\/$/, "");
    unpacked.push(name);
    if (kind === "symlink") links.push({ name, target: await readText(zip, entry) });
    else if (kind === "directory") await mkdir(join(directory, name), { recursive: true, mode: 0o755 });
    else await unpackFile(zip, entry, join(directory, name), signal);
  });
  // Last, so that no file can be written through one.
  for (const { name, target } of links) await unpackLink(directory, name, target);
  return unpacked;
}

/** SHA-256 of a file, in hexadecimal. */
export async function digestFile(path: string, signal: AbortSignal): Promise<string> {
  const hash = createHash("sha256");
  await pipeline(createReadStream(path), hash, { signal });
  return hash.digest("hex");
}

async function eachEntry(
  path: string,
  signal: AbortSignal,
  visit: (zip: ZipFile, entry: Entry) => Promise<void>,
): Promise<void> {
  const zip = await openArchive(path);
  try {
    for await (const entry of zip.eachEntry()) {
      signal.throwIfAborted();
      await visit(zip, entry);
    }
  } catch (cause) {
    signal.throwIfAborted();
    if (cause instanceof CharmArchiveError) throw cause;
    throw new CharmArchiveError(`Cannot read ${path}: ${messageOf(cause)}`, { cause });
  } finally {
    zip.close();
  }
}

async function openArchive(path: string): Promise<ZipFile> {
  try {
    return await openPromise(path, { autoClose: false, strictFileNames: true });
  } catch (cause) {
    throw new CharmArchiveError(`Cannot read ${path}: ${messageOf(cause)}, give the path of a .charm file`, {
      cause,
    });
  }
}

function modeOf(entry: Entry): number {
  return entry.externalFileAttributes >>> 16;
}

function kindOf(entry: Entry): EntryKind {
  const type = modeOf(entry) & TYPE_MASK;
  if (type === SYMLINK) return "symlink";
  if (entry.fileName.endsWith("/") || type === DIRECTORY) return "directory";
  if (type === REGULAR || type === 0) return "file";
  throw new CharmArchiveError(
    `Cannot deploy the archive: "${entry.fileName}" is neither file, directory nor symlink`,
  );
}

async function readText(zip: ZipFile, entry: Entry): Promise<string> {
  if (entry.uncompressedSize > LARGEST_TEXT_BYTES) {
    throw new CharmArchiveError(`Cannot deploy the archive: "${entry.fileName}" is larger than 1 MiB`);
  }
  const stream = await zip.openReadStreamPromise(entry);
  return Buffer.concat((await stream.toArray()) as Buffer[]).toString("utf8");
}

async function unpackFile(zip: ZipFile, entry: Entry, path: string, signal: AbortSignal): Promise<void> {
  const mode = (modeOf(entry) & 0o100) === 0 ? 0o644 : 0o755;
  await mkdir(dirname(path), { recursive: true, mode: 0o755 });
  await pipeline(await zip.openReadStreamPromise(entry), createWriteStream(path, { mode }), { signal });
  await chmod(path, mode);
}

async function unpackLink(directory: string, name: string, target: string): Promise<void> {
  const path = join(directory, name);
  const landing = normalize(join(dirname(name), target));
  const outside = target.startsWith("/") || landing === ".." || landing.startsWith(`..${sep}`);
  await mkdir(dirname(path), { recursive: true, mode: 0o755 });
  if (!outside) await symlink(target, path);
  // A link through another link can leave the directory although its text does not.
  if (!outside && (await staysInside(directory, path))) return;
  throw new CharmArchiveError(`Cannot deploy the archive: symlink "${name}" links out of charm: "${target}"`);
}

async function staysInside(directory: string, path: string): Promise<boolean> {
  const root = await realpath(directory);
  const parent = await realpath(dirname(path));
  const landing = await realpath(path).catch(() => parent);
  return [parent, landing].every((place) => place === root || place.startsWith(`${root}${sep}`));
}
