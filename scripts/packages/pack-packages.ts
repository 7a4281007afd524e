import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdir, readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import type { BuiltPackage } from "./build-packages.ts";

/** A package in the form that the registry takes. */
export interface PackedPackage extends BuiltPackage {
  /** Absolute path. */
  readonly tarball: string;
}

/** Where packed packages are, relative to the root. */
export const TARBALLS = "dist/tarballs";

const run = promisify(execFile);

/** Packs built packages into `dist/tarballs`, where then is nothing else. */
export async function packPackages(
  root: string,
  built: readonly BuiltPackage[],
): Promise<readonly PackedPackage[]> {
  const target = join(root, TARBALLS);
  await mkdir(target, { recursive: true });
  const packed: PackedPackage[] = [];
  for (const each of built) {
    const tarball = join(target, `${each.name}-${each.version}.tgz`);
    if (each.made || !existsSync(tarball)) {
      const directory = join(root, each.directory);
      await run("npm", ["pack", "--silent", "--ignore-scripts", "--pack-destination", target], {
        cwd: directory,
      });
    }
    packed.push({ ...each, tarball });
  }
  const names = new Set(packed.map(({ tarball }) => tarball));
  for (const name of await readdir(target)) {
    if (!names.has(join(target, name))) await rm(join(target, name), { recursive: true });
  }
  return packed;
}
