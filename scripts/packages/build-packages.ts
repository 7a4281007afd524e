import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { chmod, cp, mkdir, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { dirname, join, relative } from "node:path";
import { promisify } from "node:util";
import { commonDigest, ownDigest } from "./inputs.ts";
import { emittedFile, publishedManifest } from "./manifest.ts";
import { readPublishing, type Publishing } from "./publishing.ts";
import {
  entryFiles,
  isSource,
  publishedPaths,
  readWorkspaces,
  siblingsOf,
  withSiblings,
  type Workspace,
} from "./workspaces.ts";

/** A package as it is published, in a directory. */
export interface BuiltPackage {
  readonly name: string;
  readonly version: string;
  /** Relative to the root. */
  readonly directory: string;
  /** False when a build of the same inputs was there. */
  readonly made: boolean;
}

const BUILDS = "dist/packages";
const STAMP = ".inputs";
const LICENCE = "LICENSE";

const run = promisify(execFile);

/**
 * Builds packages into `dist/packages`, each after its siblings, against which it is compiled.
 *
 * @param folders names of folders in `packages/`; none for all.
 * @returns them and the siblings that they need, each after its siblings.
 */
export async function buildPackages(
  root: string,
  folders: readonly string[] = [],
): Promise<readonly BuiltPackage[]> {
  const all = readWorkspaces(root);
  const publishing = readPublishing(root);
  const common = commonDigest(root);
  const built: BuiltPackage[] = [];
  const digests = new Map<string, string>();
  for (const workspace of withSiblings(all, folders)) {
    const siblings = siblingsOf(workspace.manifest, all).map((name) => digests.get(name) ?? "");
    const digest = ownDigest(workspace, [common, ...siblings]);
    digests.set(workspace.manifest.name, digest);
    built.push(await buildPackage({ root, workspace, all, publishing }, digest));
  }
  return built;
}

interface Build {
  readonly root: string;
  readonly workspace: Workspace;
  readonly all: readonly Workspace[];
  readonly publishing: Publishing;
}

async function buildPackage(build: Build, digest: string): Promise<BuiltPackage> {
  const { root, workspace } = build;
  const { manifest, folder } = workspace;
  const target = join(root, BUILDS, folder);
  const stamp = join(target, STAMP);
  const made = (await readFile(stamp, "utf8").catch(() => "")) !== digest;
  if (made) {
    await rm(target, { recursive: true, force: true });
    await copyFiles(build, target);
    await linkSiblings(build, target);
    await linkOwnDependencies(build, target);
    if (entryFiles(manifest).some(isSource)) await compile(build, target);
    await makeProgramsExecutable(workspace, target);
    await writeFile(stamp, digest);
  }
  return { name: manifest.name, version: manifest.version, directory: relative(root, target), made };
}

async function copyFiles({ root, workspace, all, publishing }: Build, target: string): Promise<void> {
  const manifest = publishedManifest(workspace, all, publishing);
  await mkdir(target, { recursive: true });
  for (const path of publishedPaths(workspace.manifest)) {
    await cp(join(workspace.directory, path), join(target, path), { recursive: true });
  }
  await cp(join(root, LICENCE), join(target, LICENCE));
  await writeFile(join(target, "package.json"), `${JSON.stringify(manifest, undefined, 2)}\n`);
}

/** The compiler finds the siblings as they are published, and not their sources. */
async function linkSiblings({ workspace, all, root }: Build, target: string): Promise<void> {
  const siblings = siblingsOf(workspace.manifest, all);
  const modules = join(target, "node_modules");
  if (siblings.length > 0) await mkdir(modules);
  for (const { manifest, folder } of all.filter((other) => siblings.includes(other.manifest.name))) {
    await symlink(relative(modules, join(root, BUILDS, folder)), join(modules, manifest.name));
  }
}

/** The compiler finds dependencies that npm has installed for this package alone. */
async function linkOwnDependencies({ workspace }: Build, target: string): Promise<void> {
  const installed = join(workspace.directory, "node_modules");
  const modules = join(target, "node_modules");
  for (const name of Object.keys(workspace.manifest.dependencies ?? {})) {
    if (!existsSync(join(installed, name))) continue;
    await mkdir(dirname(join(modules, name)), { recursive: true });
    await symlink(relative(dirname(join(modules, name)), join(installed, name)), join(modules, name));
  }
}

async function compile({ root, workspace }: Build, target: string): Promise<void> {
  const project = join(target, "tsconfig.json");
  const settings = {
    extends: relative(target, join(root, "packages/tsconfig.node20.json")),
    compilerOptions: {
      noEmit: false,
      rootDir: "src",
      outDir: "dist",
      declaration: true,
      declarationMap: true,
      sourceMap: true,
      stripInternal: true,
    },
    include: ["src"],
    exclude: [],
  };
  await writeFile(project, JSON.stringify(settings));
  const compiler = join(root, "node_modules/typescript/bin/tsc");
  try {
    await run(process.execPath, [compiler, "--project", project, "--pretty", "false"], { cwd: root });
  } catch (thrown) {
    const { stdout = "" } = thrown as { readonly stdout?: string };
    throw new Error(`Cannot build ${workspace.manifest.name}: it does not compile\n${stdout}`, {
      cause: thrown,
    });
  }
}

async function makeProgramsExecutable({ manifest }: Workspace, target: string): Promise<void> {
  for (const source of Object.values(manifest.bin ?? {})) {
    await chmod(join(target, emittedFile(source, ".js")), 0o755);
  }
}
