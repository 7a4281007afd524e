import { basename, join } from "node:path";
import { build, type Metafile } from "esbuild";
import { compiledSchemas } from "./compiled-schemas.ts";

/** A file that the bundler made. */
export interface BundledFile {
  /** Without directories. */
  readonly name: string;
  readonly content: Uint8Array;
}

export interface Bundle {
  readonly files: readonly BundledFile[];
  /** Paths of the sources that are in it, relative to the root. */
  readonly sources: readonly string[];
  /** Those of them that are loaded at the start, before any dynamic import. */
  readonly startSources: readonly string[];
}

// Some dependencies are CommonJS and require built-in modules, which an ES module cannot.
const BANNER =
  "import{createRequire as __createRequire}from'node:module';const require=__createRequire(import.meta.url);";

/**
 * Bundles a program into ES modules: `main.mjs`, and a chunk for each dynamic import, so that an event loads only what it
 * needs. Names are kept, since errors show them; source maps hold positions only.
 */
export async function bundle(root: string, entry: string): Promise<Bundle> {
  const { outputFiles, metafile } = await build({
    absWorkingDir: root,
    entryPoints: { main: entry },
    outdir: join(root, "dist/lib"),
    outExtension: { ".js": ".mjs" },
    chunkNames: "[name]-[hash]",
    bundle: true,
    splitting: true,
    format: "esm",
    platform: "node",
    target: "node24",
    keepNames: true,
    sourcemap: "linked",
    sourcesContent: false,
    plugins: [compiledSchemas],
    banner: { js: BANNER },
    legalComments: "none", // Licences are in the archive as a whole.
    metafile: true,
    write: false,
    logLevel: "warning",
  });
  return {
    files: outputFiles.map(({ path, contents }) => ({ name: basename(path), content: contents })),
    sources: Object.keys(metafile.inputs),
    startSources: startSourcesOf(metafile),
  };
}

function startSourcesOf({ outputs }: Metafile): string[] {
  const sources = new Set<string>();
  const pending = Object.keys(outputs).filter((path) => basename(path) === "main.mjs");
  const seen = new Set(pending);
  for (const path of pending) {
    const output = outputs[path];
    for (const source of Object.keys(output?.inputs ?? {})) sources.add(source);
    for (const { kind, path: imported, external } of output?.imports ?? []) {
      if (kind !== "import-statement" || external || seen.has(imported)) continue;
      seen.add(imported);
      pending.push(imported);
    }
  }
  return [...sources];
}
