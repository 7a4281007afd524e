import { existsSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { pathToFileURL } from "node:url";
import { build, type Metafile, type Plugin } from "esbuild";
import { oneStartChunk } from "./one-start-chunk.ts";

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
  /** Names of the files that hold those. */
  readonly startFiles: readonly string[];
}

// Some dependencies are CommonJS and require built-in modules, which an ES module cannot. At the start none does.
const BANNER =
  "const require=(id)=>process.getBuiltinModule('node:module').createRequire(import.meta.url)(id);";

/** The program is executable, as charmcraft's linter wants it: by the archive's runtime, from the charm's directory. */
const HASHBANG = "#!runtime/bin/node\n";

/**
 * Bundles a program into ES modules: `main.mjs`, one chunk with all else that is loaded at the start, and a chunk for each
 * dynamic import, so that an event loads only what it needs. Names are kept, since errors show them; source maps hold
 * positions only.
 *
 * @param charm directory that the entry's path is relative to.
 */
export async function bundle(charm: string, entry: string): Promise<Bundle> {
  const plugins = await pluginsOf(charm);
  const split = await buildChunks(charm, entry, plugins);
  const program = programsOf(split.metafile).map((path) => split.metafile.outputs[path]?.entryPoint);
  const startSources = startSourcesOf(split.metafile);
  const start = startSources.filter((source) => !program.includes(source));
  const { outputFiles, metafile } = await buildChunks(charm, entry, [
    ...plugins,
    oneStartChunk(charm, start, dynamicModulesOf(split.metafile)),
  ]);
  return {
    files: outputFiles.map(({ path, text }) => executable(basename(path), text)),
    sources: Object.keys(split.metafile.inputs),
    startSources,
    startFiles: startOutputsOf(metafile).map((path) => basename(path)),
  };
}

async function buildChunks(charm: string, entry: string, plugins: Plugin[]) {
  return build({
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
    plugins,
    banner: { js: BANNER },
    legalComments: "none", // Licences are in the archive as a whole.
    metafile: true,
    write: false,
    logLevel: "warning",
    // What a package without side effects has at the start is imported by its users too.
    logOverride: { "ignored-bare-import": "silent" },
  });
}

/** What a charm's own `package.json` says of how it is bundled. */
async function pluginsOf(charm: string): Promise<Plugin[]> {
  const path = join(charm, "package.json");
  if (!existsSync(path)) return [];
  const { charm: settings } = JSON.parse(readFileSync(path, "utf8")) as {
    readonly charm?: { readonly plugins?: string };
  };
  if (settings?.plugins === undefined) return [];
  const { plugins } = (await import(pathToFileURL(join(charm, settings.plugins)).href)) as {
    readonly plugins: Plugin[];
  };
  return plugins;
}

function startSourcesOf(metafile: Metafile): string[] {
  return startOutputsOf(metafile).flatMap((path) => Object.keys(metafile.outputs[path]?.inputs ?? {}));
}

function programsOf({ outputs }: Metafile): string[] {
  return Object.keys(outputs).filter((path) => basename(path) === "main.mjs");
}

function startOutputsOf(metafile: Metafile): string[] {
  const { outputs } = metafile;
  const seen = new Set(programsOf(metafile));
  for (const path of seen) {
    for (const { kind, path: imported, external } of outputs[path]?.imports ?? []) {
      if (kind === "import-statement" && !external) seen.add(imported);
    }
  }
  return [...seen];
}

/** The ES modules that are imported dynamically; in one of CommonJS an import would hide its exports. */
function dynamicModulesOf({ inputs }: Metafile): string[] {
  const imports = Object.values(inputs).flatMap((input) => input.imports);
  const dynamic = imports.filter(({ kind }) => kind === "dynamic-import").map(({ path }) => path);
  return [...new Set(dynamic)].filter((source) => inputs[source]?.format === "esm");
}

/** Puts the hashbang before the program, and moves its source map by that line. */
function executable(name: string, text: string): BundledFile {
  const content =
    name === "main.mjs"
      ? `${HASHBANG}${text}`
      : name === "main.mjs.map"
        ? text.replace('"mappings": "', '"mappings": ";')
        : text;
  return { name, content: Buffer.from(content) };
}
