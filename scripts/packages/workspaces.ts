import { globSync, readFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";

/** The parts of a `package.json` in `packages/` that publishing depends on. */
export interface Manifest {
  readonly name: string;
  readonly version: string;
  readonly exports?: Readonly<Record<string, string>>;
  readonly bin?: Readonly<Record<string, string>>;
  /** Files beside the sources that a published package has. */
  readonly files?: readonly string[];
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly [key: string]: unknown;
}

/** A package of this repository. */
export interface Workspace {
  /** Name of the folder in `packages/`. */
  readonly folder: string;
  readonly directory: string;
  readonly manifest: Manifest;
}

/** The packages of the repository, each after those that it depends on. */
export function readWorkspaces(root: string): readonly Workspace[] {
  const found = globSync("packages/*/package.json", { cwd: root }).sort();
  return inOrder(
    found.map((path) => {
      const directory = dirname(join(root, path));
      const manifest = JSON.parse(readFileSync(join(root, path), "utf8")) as Manifest;
      return { folder: basename(directory), directory, manifest };
    }),
  );
}

/** Sources that users import, by what they import them as, such as `juju-charm/testing`. */
export function entriesOf({ manifest }: Workspace): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(manifest.exports ?? {})
      .filter(([, file]) => file.endsWith(".ts"))
      .map(([subpath, file]) => [`${manifest.name}${subpath.slice(1)}`, file]),
  );
}

/** Files that users of a package import or run, relative to it. */
export function entryFiles({ exports = {}, bin = {} }: Manifest): readonly string[] {
  return [...Object.values(exports), ...Object.values(bin)];
}

/** Tells whether a file is emitted when the package is built. */
export function isSource(file: string): boolean {
  return file.endsWith(".ts") && !file.endsWith(".d.ts");
}

/** Files and folders of a package that are published as they are. The sources are there for the source maps. */
export function publishedPaths(manifest: Manifest): readonly string[] {
  const entries = entryFiles(manifest);
  const plain = entries.filter((file) => !isSource(file)).map((file) => file.replace(/^\.\//, ""));
  const sources = entries.some(isSource) ? ["src"] : [];
  return [...new Set([...sources, ...plain, ...(manifest.files ?? []), "README.md", "CHANGELOG.md"])];
}

/** Packages with the siblings that they need, each after its siblings; all of them when none is named by its folder. */
export function withSiblings(all: readonly Workspace[], folders: readonly string[]): readonly Workspace[] {
  if (folders.length === 0) return all;
  const unknown = folders.find((folder) => !all.some((workspace) => workspace.folder === folder));
  if (unknown !== undefined) {
    throw new Error(
      `Cannot find the package ${unknown}: there are ${all.map(({ folder }) => folder).join(", ")}`,
    );
  }
  const wanted = new Set<string>();
  // Backwards, since each is after its siblings.
  for (const { folder, manifest } of all.toReversed()) {
    if (folders.includes(folder)) wanted.add(manifest.name);
    if (wanted.has(manifest.name)) for (const name of siblingsOf(manifest, all)) wanted.add(name);
  }
  return all.filter(({ manifest }) => wanted.has(manifest.name));
}

/** Names of the packages among `all` that one depends on. */
export function siblingsOf(manifest: Manifest, all: readonly Workspace[]): readonly string[] {
  return all.map(({ manifest: { name } }) => name).filter((name) => name in (manifest.dependencies ?? {}));
}

function inOrder(all: readonly Workspace[]): readonly Workspace[] {
  const ordered: Workspace[] = [];
  while (ordered.length < all.length) {
    const placed = new Set(ordered.map(({ manifest }) => manifest.name));
    const ready = all.filter(
      ({ manifest }) =>
        !placed.has(manifest.name) && siblingsOf(manifest, all).every((name) => placed.has(name)),
    );
    if (ready.length === 0) throw new Error("Cannot order the packages: some depend on each other");
    ordered.push(...ready);
  }
  return ordered;
}
