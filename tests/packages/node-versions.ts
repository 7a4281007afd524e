import { execFile } from "node:child_process";
import { copyFile, mkdir, readFile, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { directoryLock } from "../../scripts/directory-lock.ts";

/** Major versions of Node.js that the packages support; the last is the pinned one. */
export const NODE_VERSIONS = ["20", "22", "24"] as const;
export type NodeVersion = (typeof NODE_VERSIONS)[number];

const ROOT = join(import.meta.dirname, "../..");
const PINS = join(import.meta.dirname, "runtimes");
const CACHE = join(ROOT, ".cache/node-runtimes");

/** Longest time that the download may take, in milliseconds. */
const LIMIT_MS = 330_000;

const run = promisify(execFile);

/**
 * Installs the versions that are not there yet; tests that run side by side do it once.
 *
 * @returns the directories of their programs.
 */
export async function installNodeVersions(): Promise<Readonly<Record<NodeVersion, string>>> {
  await directoryLock("node-versions", CACHE).run(install, AbortSignal.timeout(2 * LIMIT_MS));
  const program = (major: string) => join(CACHE, `node_modules/node${major}-${process.arch}/bin`);
  return { 20: program("20"), 22: program("22"), 24: dirname(process.execPath) };
}

async function install(): Promise<void> {
  const lock = await readFile(join(PINS, "package-lock.json"), "utf8");
  const installed = join(CACHE, "installed.json");
  if ((await readFile(installed, "utf8").catch(() => "")) !== lock) {
    await rm(CACHE, { recursive: true, force: true });
    await mkdir(CACHE, { recursive: true });
    for (const name of ["package.json", "package-lock.json"])
      await copyFile(join(PINS, name), join(CACHE, name));
    await run("npm", ["ci", "--prefer-offline", "--no-audit", "--no-fund", "--loglevel=error"], {
      cwd: CACHE,
      timeout: LIMIT_MS,
    });
    await copyFile(join(PINS, "package-lock.json"), installed);
  }
}
