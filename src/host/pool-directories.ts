import { existsSync } from "node:fs";
import { mkdir, rmdir } from "node:fs/promises";
import { join } from "node:path";
import type { Mounts } from "./mounts.ts";

/** The directories that LXD keeps in a pool. */
const POOL_DIRECTORIES = [
  "containers",
  "containers-snapshots",
  "custom",
  "custom-snapshots",
  "images",
  "virtual-machines",
  "virtual-machines-snapshots",
];

/** A pool whose data is gone. */
interface LostPool {
  /** LXD's name of the driver. */
  readonly driver: string;
  readonly source: string;
  /** Names of LXD's containers in the pool. */
  readonly containers: readonly string[];
}

/** Whether a directory is that of a pool: LXD creates these directories only together with one. */
export function isOfPool(source: string): boolean {
  return existsSync(join(source, "containers"));
}

/** Removes what a failed creation left in a pool's directory: LXD refuses one that is not empty. */
export async function removeEmptyDirectories(source: string): Promise<void> {
  for (const name of POOL_DIRECTORIES) await rmdir(join(source, name)).catch(() => undefined);
}

/** Creates the pool's directories and an empty volume for each container. */
export async function restoreVolumes(
  mounts: Mounts,
  { driver, source, containers }: LostPool,
  signal: AbortSignal,
): Promise<void> {
  const makeVolume = async (path: string) => {
    if (existsSync(path)) return;
    if (driver === "dir") await mkdir(path);
    else await mounts.run("restore the runners' storage", ["btrfs", "subvolume", "create", path], signal);
  };
  await makeVolume(source);
  for (const name of POOL_DIRECTORIES) await mkdir(join(source, name), { recursive: true, mode: 0o711 });
  for (const name of containers) await makeVolume(join(source, "containers", name));
}
