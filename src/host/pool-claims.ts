import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";

/** The file of a pool, with its size in bytes. */
export interface PoolFile {
  readonly path: string;
  readonly bytes: number;
}

/**
 * Bytes by which the files of other pools on a disk may still grow: pool files can be sparse, so that a disk with free space
 * may be promised to them already.
 *
 * @param disk a path on the disk.
 * @param own path of the unit's own file, which does not count.
 * @param directories directories with pool files; missing ones are ignored.
 * @param planned files that other units have decided to create; they may not exist yet.
 */
export async function claimedBytes(
  disk: string,
  own: string,
  {
    directories,
    planned,
  }: { readonly directories: readonly string[]; readonly planned: readonly PoolFile[] },
): Promise<number> {
  const { dev } = await stat(disk);
  const listed = (await Promise.all(directories.map(filesIn))).flat();
  const claims = new Map<string, number>();
  for (const { path, bytes } of [...listed, ...planned]) {
    if (path === own) continue;
    const file = await stat(path).catch(() => undefined);
    // Bind mounts show one file at several paths.
    const key = file ? `${file.dev}:${file.ino}` : path;
    if (file && file.dev !== dev) continue;
    const promised = Math.max(bytes, file?.size ?? 0) - (file?.blocks ?? 0) * BLOCK_BYTES;
    claims.set(key, Math.max(claims.get(key) ?? 0, promised));
  }
  return [...claims.values()].reduce((sum, bytes) => sum + bytes, 0);
}

/** The unit of `blocks`, whatever the file system's own is. */
const BLOCK_BYTES = 512;

async function filesIn(directory: string): Promise<readonly PoolFile[]> {
  const names = await readdir(directory).catch(() => []);
  return names
    .filter((name) => name.endsWith(".img"))
    .map((name) => ({ path: join(directory, name), bytes: 0 }));
}
