import {
  link,
  lstat,
  mkdir,
  readdir,
  readFile,
  readlink,
  rename,
  rm,
  symlink,
  writeFile,
} from "node:fs/promises";
import { existsSync, type Dirent } from "node:fs";
import { dirname, join } from "node:path";

import { unpackCharmArchive } from "juju-hook-tools";

/** Where a unit keeps its charm: `charm` itself, the one being made and the one being replaced. */
interface Places {
  readonly current: string;
  readonly fresh: string;
  readonly old: string;
  readonly manifests: string;
}

export interface CharmRelease {
  readonly archive: string;
  readonly name: string;
  readonly revision: number;
}

/**
 * Puts a charm in place as `<agentDirectory>/charm`. A kill at any point is mended by doing it again.
 *
 * The new directory is made beside the old one and takes its name when it is complete. What the charm itself wrote
 * moves along; what only the old archive brought does not.
 */
export async function installCharmDirectory(
  agentDirectory: string,
  release: CharmRelease,
  signal: AbortSignal,
): Promise<void> {
  const places = placesIn(agentDirectory);
  await mkdir(places.manifests, { recursive: true, mode: 0o755 });
  if (!existsSync(places.current) && existsSync(places.old)) await rename(places.old, places.current);
  await rm(places.fresh, { recursive: true, force: true });
  const unpacked = await unpackCharmArchive(release.archive, places.fresh, signal);
  await writeFile(join(places.manifests, `${release.revision}.json`), JSON.stringify(unpacked));
  await writeFile(join(places.fresh, ".juju-charm"), `local:${release.name}-${release.revision}\n`);
  const brought = withParents([...(await currentManifest(places)), ".juju-charm"]);
  await carryOver(places, "", brought);
  await swap(places);
}

function placesIn(agentDirectory: string): Places {
  return {
    current: join(agentDirectory, "charm"),
    fresh: join(agentDirectory, "charm.new"),
    old: join(agentDirectory, "charm.old"),
    manifests: join(agentDirectory, "manifests"),
  };
}

/** The paths that the archive of the directory in place brought; the directory says itself which one that was. */
async function currentManifest(places: Places): Promise<readonly string[]> {
  const url = await readFile(join(places.current, ".juju-charm"), "utf8").catch(() => "");
  const revision = /-(\d+)\n?$/.exec(url)?.[1];
  if (revision === undefined) return [];
  const manifest = await readFile(join(places.manifests, `${revision}.json`), "utf8").catch(() => "[]");
  return JSON.parse(manifest) as readonly string[];
}

/** Hard links: the old directory stays complete until the new one is, and nothing is copied. */
async function carryOver(places: Places, below: string, brought: ReadonlySet<string>): Promise<void> {
  const entries = await readdir(join(places.current, below), { withFileTypes: true }).catch(() => []);
  for (const entry of entries) {
    const name = join(below, entry.name);
    if (!brought.has(name)) await carryEntry(places, name, entry);
    if (entry.isDirectory()) await carryOver(places, name, brought);
  }
}

async function carryEntry(places: Places, name: string, entry: Dirent): Promise<void> {
  const [from, to] = [join(places.current, name), join(places.fresh, name)];
  // What the new archive brings wins, also a file over a directory of that name.
  if ((await exists(to)) || !(await carryParents(places, dirname(name)))) return;
  if (entry.isDirectory()) await mkdir(to, { mode: (await lstat(from)).mode & 0o7777 });
  else if (entry.isSymbolicLink()) await symlink(await readlink(from), to);
  else await link(from, to);
}

async function carryParents(places: Places, name: string): Promise<boolean> {
  if (name === ".") return true;
  if (!(await carryParents(places, dirname(name)))) return false;
  const path = join(places.fresh, name);
  if (!(await exists(path)))
    await mkdir(path, { mode: (await lstat(join(places.current, name))).mode & 0o7777 });
  return (await lstat(path)).isDirectory();
}

async function swap(places: Places): Promise<void> {
  await rm(places.old, { recursive: true, force: true });
  if (existsSync(places.current)) await rename(places.current, places.old);
  await rename(places.fresh, places.current);
  await rm(places.old, { recursive: true, force: true });
}

/** An archive need not name the directories of its files. */
function withParents(names: readonly string[]): ReadonlySet<string> {
  const all = new Set<string>();
  for (let name of names) {
    for (; name !== "." && !all.has(name); name = dirname(name)) all.add(name);
  }
  return all;
}

async function exists(path: string): Promise<boolean> {
  return (await lstat(path).catch(() => undefined)) !== undefined;
}
