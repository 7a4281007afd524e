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

import { readJSONFile, writeFileAtomically } from "charm-kit";
import { unpackCharmArchive } from "juju-hook-tools";

/** Paths of a unit's charm: the current one, the new one, and the one being replaced. */
interface CharmPaths {
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
 * Installs a charm as `<agentDirectory>/charm`. After a kill at any point, run it again.
 *
 * The new directory is built beside the old one and takes its name when it is complete. Files that the charm itself
 * wrote are kept; files that only the old archive had are not.
 */
export async function installCharmDirectory(
  agentDirectory: string,
  release: CharmRelease,
  signal: AbortSignal,
): Promise<void> {
  const paths = charmPaths(agentDirectory);
  await mkdir(paths.manifests, { recursive: true, mode: 0o755 });
  if (!existsSync(paths.current) && existsSync(paths.old)) await rename(paths.old, paths.current);
  await rm(paths.fresh, { recursive: true, force: true });
  const unpacked = await unpackCharmArchive(release.archive, paths.fresh, signal);
  const manifest = join(paths.manifests, `${release.revision}.json`);
  await writeFileAtomically(manifest, JSON.stringify(unpacked), { mode: 0o644 });
  await writeFile(join(paths.fresh, ".juju-charm"), `local:${release.name}-${release.revision}\n`);
  const brought = withParents([...(await currentManifest(paths)), ".juju-charm"]);
  await carryOver(paths, "", brought);
  await swap(paths);
}

function charmPaths(agentDirectory: string): CharmPaths {
  return {
    current: join(agentDirectory, "charm"),
    fresh: join(agentDirectory, "charm.new"),
    old: join(agentDirectory, "charm.old"),
    manifests: join(agentDirectory, "manifests"),
  };
}

/** Paths from the archive of the current directory; its `.juju-charm` file names the revision. */
async function currentManifest(paths: CharmPaths): Promise<readonly string[]> {
  const url = await readFile(join(paths.current, ".juju-charm"), "utf8").catch(() => "");
  const revision = /-(\d+)\n?$/.exec(url)?.[1];
  if (revision === undefined) return [];
  const manifest = join(paths.manifests, `${revision}.json`);
  // Without a manifest everything moves along: the charm may have written any of it.
  return (await readJSONFile(manifest, asNames, () => undefined)) ?? [];
}

function asNames(stored: unknown): readonly string[] | undefined {
  return Array.isArray(stored) && stored.every((name) => typeof name === "string") ? stored : undefined;
}

/** Hard-links the charm's own files, without copies: the old directory stays complete until the swap. */
async function carryOver(paths: CharmPaths, below: string, brought: ReadonlySet<string>): Promise<void> {
  const entries = await readdir(join(paths.current, below), { withFileTypes: true }).catch(() => []);
  for (const entry of entries) {
    const name = join(below, entry.name);
    if (!brought.has(name)) await carryEntry(paths, name, entry);
    if (entry.isDirectory()) await carryOver(paths, name, brought);
  }
}

async function carryEntry(paths: CharmPaths, name: string, entry: Dirent): Promise<void> {
  const [from, to] = [join(paths.current, name), join(paths.fresh, name)];
  // Files of the new archive win, even over a directory of the same name.
  if ((await exists(to)) || !(await carryParents(paths, dirname(name)))) return;
  if (entry.isDirectory()) await mkdir(to, { mode: (await lstat(from)).mode & 0o7777 });
  else if (entry.isSymbolicLink()) await symlink(await readlink(from), to);
  else await link(from, to);
}

async function carryParents(paths: CharmPaths, name: string): Promise<boolean> {
  if (name === ".") return true;
  if (!(await carryParents(paths, dirname(name)))) return false;
  const path = join(paths.fresh, name);
  if (!(await exists(path)))
    await mkdir(path, { mode: (await lstat(join(paths.current, name))).mode & 0o7777 });
  return (await lstat(path)).isDirectory();
}

async function swap(paths: CharmPaths): Promise<void> {
  await rm(paths.old, { recursive: true, force: true });
  if (existsSync(paths.current)) await rename(paths.current, paths.old);
  await rename(paths.fresh, paths.current);
  await rm(paths.old, { recursive: true, force: true });
}

/** Adds parent directories, which an archive may omit. */
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
