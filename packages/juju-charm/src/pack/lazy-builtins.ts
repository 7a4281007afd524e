import { isBuiltin } from "node:module";
import { relative } from "node:path";
import type { Plugin } from "esbuild";

const NAMESPACE = "builtin";

/**
 * Reads from Node.js's own modules only what a program imports. An `import` statement of such a module evaluates everything
 * that it exports, also what Node.js loads only once it is used: that of `node:http` alone loads all of `fetch` and WebSocket,
 * which takes as long as the rest of a short start, and 2 MiB.
 */
export const lazyBuiltins: Plugin = {
  name: "lazy-builtins",
  setup(build) {
    // A bundle has the same bytes in whatever directory it is made.
    const root = build.initialOptions.absWorkingDir ?? process.cwd();
    build.onResolve({ filter: /^[a-z]/ }, ({ path, kind, importer }) =>
      kind === "import-statement" && isBuiltin(path)
        ? // One for each importer: a module that chunks share would be a chunk of its own, and each file costs its time.
          { path, namespace: NAMESPACE, suffix: `?${relative(root, importer)}`, sideEffects: false }
        : undefined,
    );
    build.onLoad({ filter: /.*/, namespace: NAMESPACE }, ({ path }) => ({ contents: render(path) }));
  },
};

/** Whether an input of a bundle is one of Node.js's own modules, which is no source. */
export function isBuiltinInput(input: string): boolean {
  return input.startsWith(`${NAMESPACE}:`);
}

/** A module with all exports of a built-in one, of which the bundler keeps those that are used. */
function render(path: string): string {
  const names = Object.keys(process.getBuiltinModule(path) ?? {}).filter((name) => name !== "default");
  const lines = names.map(
    (name, index) =>
      `const value${index} = /* @__PURE__ */ (() => builtin[${JSON.stringify(name)}])();\n` +
      `export { value${index} as ${JSON.stringify(name)} };`,
  );
  return [
    `const builtin = /* @__PURE__ */ process.getBuiltinModule(${JSON.stringify(path)});`,
    "export default builtin;",
    ...lines,
  ].join("\n");
}
