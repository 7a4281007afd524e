import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { Plugin } from "esbuild";

const NAMESPACE = "start";

/**
 * Bundles all modules of the start into one chunk. By default, esbuild creates a separate chunk for each set of dynamic
 * imports that share a module. A start with eight small files takes a quarter longer than one with two. This plugin lets
 * every dynamic import share the whole start.
 *
 * @param start sources of the start, without the entry: a chunk must not wait for the program that loads it.
 * @param dynamic dynamically imported ES modules.
 */
export function oneStartChunk(charm: string, start: readonly string[], dynamic: readonly string[]): Plugin {
  const wanted = new Set(dynamic.map((source) => join(charm, source)));
  return {
    name: "one-start-chunk",
    setup(build) {
      build.onResolve({ filter: /^start:all$/ }, ({ path }) => ({ path, namespace: NAMESPACE }));
      build.onLoad({ filter: /.*/, namespace: NAMESPACE }, () => ({
        contents: start.map((source) => `import ${JSON.stringify(join(charm, source))};`).join("\n"),
        resolveDir: charm,
      }));
      build.onLoad({ filter: /\.(?:ts|m?js)$/ }, async ({ path }) => {
        if (!wanted.has(path)) return undefined;
        // At the end of the file, so that it does not shift lines in the source map.
        const contents = `${await readFile(path, "utf8")}\nimport "start:all";\n`;
        return { contents, loader: path.endsWith(".ts") ? "ts" : "js" };
      });
    },
  };
}
