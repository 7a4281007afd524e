import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { Plugin } from "esbuild";

const NAMESPACE = "start";

/**
 * Keeps together what is loaded at the start. esbuild puts a module that several dynamic imports share into a chunk of
 * that very sharing, and a start of eight small files takes a quarter longer than one of two. A start that every dynamic
 * import shares is one chunk.
 *
 * @param start sources that are loaded at the start, without the entry: a chunk must not wait for the program that loads it.
 * @param dynamic ES modules that are imported dynamically.
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
        // At the end, where it moves no line that a source map tells.
        const contents = `${await readFile(path, "utf8")}\nimport "start:all";\n`;
        return { contents, loader: path.endsWith(".ts") ? "ts" : "js" };
      });
    },
  };
}
