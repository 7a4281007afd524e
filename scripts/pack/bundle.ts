import { basename, join } from "node:path";
import { build, type Metafile, type Plugin } from "esbuild";

/** A file that the bundler made. */
export interface BundledFile {
  /** Without directories. */
  readonly name: string;
  readonly content: Uint8Array;
}

export interface Bundle {
  readonly files: readonly BundledFile[];
  /** Paths of the sources that are in it, relative to the charm's directory. */
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
 *
 * @param charm directory that the entry's path is relative to.
 */
export async function bundle(charm: string, entry: string): Promise<Bundle> {
  const { outputFiles, metafile } = await build({
    absWorkingDir: charm,
    entryPoints: { main: entry },
    outdir: join(charm, "dist/lib"),
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
    plugins: await pluginsOf(charm),
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

/** The charm of this repository has schemas to compile; the framework's other charms pay nothing for them. */
async function pluginsOf(charm: string): Promise<Plugin[]> {
  if (charm !== join(import.meta.dirname, "../..")) return [];
  const { compiledSchemas } = await import("./compiled-schemas.ts");
  return [compiledSchemas];
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
