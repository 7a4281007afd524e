import { createHash } from "node:crypto";
import { globSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { publishedPaths, type Workspace } from "./workspaces.ts";

/** What the builds of all packages depend on, beside their own files. */
const COMMON = [
  "{package,tsconfig}.json",
  "packages/tsconfig.node20.json",
  "LICENSE",
  "scripts/packages/*.ts",
  "node_modules/{typescript,@node20/node}/package.json",
];

/** Digest of what the builds of all packages depend on. */
export function commonDigest(root: string): string {
  return digestOf(root, globSync(COMMON, { cwd: root }), []);
}

/** Digest of what the build of a package depends on: its own files, and what else is named. */
export function ownDigest({ directory, manifest }: Workspace, others: readonly string[]): string {
  const files = publishedPaths(manifest).flatMap((path) => {
    const isDirectory = statSync(join(directory, path)).isDirectory();
    return isDirectory ? globSync(`${path}/**`, { cwd: directory }) : [path];
  });
  const plain = files.filter((file) => statSync(join(directory, file)).isFile());
  return digestOf(directory, ["package.json", ...plain], others);
}

function digestOf(directory: string, files: readonly string[], others: readonly string[]): string {
  const hash = createHash("sha256").update(JSON.stringify(others));
  for (const file of [...files].sort())
    hash.update(`\0${file}\0`).update(readFileSync(join(directory, file)));
  return hash.digest("hex");
}
