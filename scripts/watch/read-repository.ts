import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { ImportGraph, type PackageEntries } from "./import-graph.ts";

/** Folders whose changes count. */
export const FOLDERS = ["src", "packages", "tests", "scripts", "examples", "docs"] as const;

/** Reads the modules of a repository. */
export function readGraph(root: string): ImportGraph {
  const graph = new ImportGraph(packageEntries(root));
  const files = globSync(`{${FOLDERS.join(",")}}/**/*.ts`, { cwd: root, exclude: ["**/node_modules/**"] });
  for (const file of files) graph.set(file, readFileSync(join(root, file), "utf8"));
  return graph;
}

/** Names that the packages of the workspace are imported by. */
function packageEntries(root: string): PackageEntries {
  const entries = new Map<string, string>();
  for (const manifest of globSync("packages/*/package.json", { cwd: root })) {
    const { name, exports = {} } = JSON.parse(readFileSync(join(root, manifest), "utf8")) as {
      readonly name: string;
      readonly exports?: Readonly<Record<string, unknown>>;
    };
    for (const [entry, target] of Object.entries(exports)) {
      if (typeof target === "string" && target.endsWith(".ts"))
        entries.set(join(name, entry), join(manifest, "..", target));
    }
  }
  return entries;
}
