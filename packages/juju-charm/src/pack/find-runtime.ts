import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { RUNTIME_PACKAGES, type Architecture } from "./architecture.ts";

interface LockedPackage {
  readonly version: string;
  readonly integrity: string;
}

/**
 * The directory of the pinned Node.js for an architecture: the installed package or, for another architecture than this
 * machine's, which npm does not install, the same release from npm, verified by the lock file and kept in `.cache`.
 */
export function findRuntime(root: string, architecture: Architecture): string {
  const name = RUNTIME_PACKAGES[architecture];
  const installed = join(root, "node_modules", name);
  if (existsSync(join(installed, "bin/node"))) return installed;
  const lock = JSON.parse(readFileSync(join(root, "package-lock.json"), "utf8")) as {
    readonly packages: Readonly<Record<string, LockedPackage>>;
  };
  const locked = lock.packages[`node_modules/${name}`];
  if (locked === undefined)
    throw new Error(`Cannot pack for ${architecture}: package-lock.json has no ${name}`);
  const cached = join(root, ".cache/runtime", `${name}-${locked.version}`);
  if (!existsSync(cached)) fetchPackage(name, locked, cached);
  return cached;
}

function fetchPackage(name: string, { version, integrity }: LockedPackage, directory: string): void {
  const parent = join(directory, "..");
  mkdirSync(parent, { recursive: true });
  const work = mkdtempSync(join(parent, "fetch-"));
  try {
    const arguments_ = [
      "pack",
      `${name}@${version}`,
      "--pack-destination",
      work,
      "--json",
      "--loglevel=error",
    ];
    execFileSync("npm", arguments_, { stdio: ["ignore", "ignore", "inherit"], cwd: work });
    const archive = join(work, `${name}-${version}.tgz`);
    const actual = `sha512-${createHash("sha512").update(readFileSync(archive)).digest("base64")}`;
    if (actual !== integrity) {
      throw new Error(`Cannot use ${name} ${version}: its checksum is not the one of package-lock.json`);
    }
    execFileSync("tar", ["--extract", "--gzip", "--no-same-owner", "--file", archive, "--directory", work]);
    renameSync(join(work, "package"), directory);
  } finally {
    rmSync(work, { recursive: true });
  }
}
