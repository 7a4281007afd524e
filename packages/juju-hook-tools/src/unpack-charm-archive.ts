import { createWriteStream } from "node:fs";
import { chmod, mkdir, realpath, symlink } from "node:fs/promises";
import { dirname, join, normalize, sep } from "node:path";
import { pipeline } from "node:stream/promises";

import { type ArchiveEntry, CharmArchiveError, eachArchiveEntry } from "./archive-entries.ts";

/**
 * Unpacks an archive into a directory, which it creates.
 *
 * Files become mode 0755 when their owner may execute them, else 0644; symlinks must stay inside the directory.
 *
 * @returns the paths of the unpacked entries
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
  await eachArchiveEntry(path, signal, async (entry) => {
    const { path: name, kind } = entry;
    unpacked.push(name);
    if (kind === "symlink") links.push({ name, target: await entry.readText() });
    else if (kind === "directory") await mkdir(join(directory, name), { recursive: true, mode: 0o755 });
    else await unpackFile(entry, join(directory, name), signal);
  });
  // Last, so that no file is written through a link.
  for (const { name, target } of links) await unpackLink(directory, name, target);
  return unpacked;
}

async function unpackFile(entry: ArchiveEntry, path: string, signal: AbortSignal): Promise<void> {
  const mode = (entry.mode & 0o100) === 0 ? 0o644 : 0o755;
  await mkdir(dirname(path), { recursive: true, mode: 0o755 });
  await pipeline(await entry.open(), createWriteStream(path, { mode }), { signal });
  await chmod(path, mode);
}

async function unpackLink(directory: string, name: string, target: string): Promise<void> {
  const path = join(directory, name);
  const landing = normalize(join(dirname(name), target));
  const outside = target.startsWith("/") || landing === ".." || landing.startsWith(`..${sep}`);
  await mkdir(dirname(path), { recursive: true, mode: 0o755 });
  if (!outside) await symlink(target, path);
  // A link through another link can leave the directory although its own target does not.
  if (!outside && (await staysInside(directory, path))) return;
  throw new CharmArchiveError(`Cannot deploy the archive: symlink "${name}" links out of charm: "${target}"`);
}

async function staysInside(directory: string, path: string): Promise<boolean> {
  const root = await realpath(directory);
  const parent = await realpath(dirname(path));
  const landing = await realpath(path).catch(() => parent);
  return [parent, landing].every((inside) => inside === root || inside.startsWith(`${root}${sep}`));
}
