import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, readFile, rename, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import { messageOf, runOrFail, runProcess } from "charm-kit";
import { RUNTIME_PACKAGES, type Architecture } from "./architecture.ts";
import { findInstalled, upwards } from "./find-upwards.ts";
import { PackError } from "./pack-error.ts";

/** Time limit to download and unpack 50 MB on a slow connection. */
const FETCH_MS = 10 * 60_000;

/** Command that adds the runtime for both architectures to a charm's project. */
const INSTALL = `npm install --save-optional --save-exact ${Object.values(RUNTIME_PACKAGES)
  .map((name) => `${name}@24`)
  .join(" ")}`;

/** The oldest Node.js with the features that archives need: NODE_COMPILE_CACHE and process.getBuiltinModule(). */
const LEAST_VERSION = [22, 3] as const;

/** The Node.js for an archive. */
export interface Runtime {
  /** Directory of the npm package, with `bin/node` and `LICENSE`. */
  readonly directory: string;
  /** Such as `24.21.0`. */
  readonly version: string;
}

interface LockedPackage {
  readonly version: string;
  readonly integrity: string;
}

/**
 * Finds the Node.js that the charm's project pins for an architecture: the npm package in the nearest `node_modules` or,
 * for an architecture that npm does not install on this machine, the version in the nearest `package-lock.json`. That
 * package is downloaded with npm, verified with the lock file, and cached in `node_modules/.cache`.
 *
 * @throws {@link PackError} when no project has it; the message includes the command that adds it.
 */
export async function findRuntime(charm: string, architecture: Architecture): Promise<Runtime> {
  const name = RUNTIME_PACKAGES[architecture];
  const directory = findInstalled(charm, name) ?? (await fromLockFile(charm, name));
  if (directory === undefined) {
    throw new PackError(
      `Cannot pack ${charm} for ${architecture}: neither node_modules nor package-lock.json in this directory or its parents ` +
        `has ${name}; add the runtime with "${INSTALL}"`,
    );
  }
  const { version } = JSON.parse(await readFile(join(directory, "package.json"), "utf8")) as LockedPackage;
  const [major = 0, minor = 0] = version.split(".").map(Number);
  if (major < LEAST_VERSION[0] || (major === LEAST_VERSION[0] && minor < LEAST_VERSION[1])) {
    throw new PackError(
      `Cannot pack ${charm} with Node.js ${version}: it must be ${LEAST_VERSION.join(".")} or later; ` +
        `update the runtime with "${INSTALL}"`,
    );
  }
  return { directory, version };
}

async function fromLockFile(charm: string, name: string): Promise<string | undefined> {
  for (const project of upwards(charm)) {
    const locked = await lockedIn(project, name);
    if (locked === undefined) continue;
    const cached = join(project, "node_modules/.cache/juju-charm", `${name}-${locked.version}`);
    if (!existsSync(cached)) await fetchPackage(name, locked, { project, cached });
    return cached;
  }
  return undefined;
}

async function lockedIn(project: string, name: string): Promise<LockedPackage | undefined> {
  const path = join(project, "package-lock.json");
  if (!existsSync(path)) return undefined;
  const { packages = {} } = JSON.parse(await readFile(path, "utf8")) as {
    readonly packages?: Readonly<Record<string, LockedPackage>>;
  };
  return packages[`node_modules/${name}`];
}

async function fetchPackage(
  name: string,
  { version, integrity }: LockedPackage,
  { project, cached }: { readonly project: string; readonly cached: string },
): Promise<void> {
  await mkdir(dirname(cached), { recursive: true });
  const work = await mkdtemp(join(dirname(cached), "fetch-"));
  try {
    const pack = ["pack", `${name}@${version}`, "--pack-destination", work, "--json", "--loglevel=error"];
    await run(["npm", ...pack], project);
    const archive = join(work, `${name}-${version}.tgz`);
    const actual = `sha512-${createHash("sha512")
      .update(await readFile(archive))
      .digest("base64")}`;
    if (actual !== integrity) throw new Error("its checksum differs from package-lock.json");
    await run(
      ["tar", "--extract", "--gzip", "--no-same-owner", "--file", archive, "--directory", work],
      work,
    );
    await rename(join(work, "package"), cached);
  } catch (cause) {
    throw new PackError(`Cannot use ${name} ${version}: ${messageOf(cause)}`, { cause });
  } finally {
    await rm(work, { recursive: true });
  }
}

function run(command: readonly string[], cwd: string): Promise<string> {
  const { signal } = new AbortController();
  return runOrFail(runProcess, command, { action: "fetch the runtime", limitMs: FETCH_MS, signal, cwd });
}
