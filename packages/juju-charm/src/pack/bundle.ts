import { basename, join } from "node:path";
import { build, formatMessages, type BuildFailure, type Message, type Metafile } from "esbuild";
import { loadCharmSettings } from "../metadata/charm-settings.ts";
import { loadPlugins, type BundlePlugin } from "./load-plugins.ts";
import { oneStartChunk } from "./one-start-chunk.ts";
import { PackError } from "./pack-error.ts";

/** A file that the bundler made. */
export interface BundledFile {
  /** Without directories. */
  readonly name: string;
  readonly content: Uint8Array;
}

/** A charm's program, bundled. */
export interface Bundle {
  readonly files: readonly BundledFile[];
  /** Paths of the sources that are in it, relative to the charm's directory. */
  readonly sources: readonly string[];
  /** Those of them that are loaded at the start, before any dynamic import. */
  readonly startSources: readonly string[];
  /** Names of the files that hold those. */
  readonly startFiles: readonly string[];
  /** Files of the plugins that took part, relative to the charm's directory. */
  readonly pluginSources: readonly string[];
  /** What the bundler warns of, for people. */
  readonly warnings: readonly string[];
}

/** Settings of {@link bundle}. */
export interface BundleOptions {
  /**
   * Version of the Node.js that runs the program.
   *
   * @default "24"
   */
  readonly nodeVersion?: string;
}

// Some dependencies are CommonJS and require built-in modules, which an ES module cannot. At the start none does.
const BANNER =
  "const require=(id)=>process.getBuiltinModule('node:module').createRequire(import.meta.url)(id);";

/** The program is executable, as charmcraft's linter wants it: by the archive's runtime, from the charm's directory. */
const HASHBANG = "#!runtime/bin/node\n";

/**
 * Bundles a program into ES modules: `main.mjs`, one chunk with all else that is loaded at the start, and a chunk for each
 * dynamic import, so that an event loads only what it needs. Names are kept, since errors show them; source maps hold
 * positions only. Plugins are those of the charm's settings.
 *
 * @param charm directory that the entry's path is relative to.
 * @throws {@link PackError} when a module cannot be bundled; the message shows where.
 */
export async function bundle(charm: string, entry: string, options: BundleOptions = {}): Promise<Bundle> {
  const { plugins, sources } = await loadPlugins(charm, (await loadCharmSettings(charm)).plugins);
  const target = `node${options.nodeVersion ?? "24"}`;
  const split = await buildChunks({ charm, entry, target, plugins });
  const program = programsOf(split.metafile).map((path) => split.metafile.outputs[path]?.entryPoint);
  const startSources = startSourcesOf(split.metafile);
  const start = startSources.filter((source) => !program.includes(source));
  const together = oneStartChunk(charm, start, dynamicModulesOf(split.metafile));
  const built = await buildChunks({ charm, entry, target, plugins: [...plugins, together] });
  return {
    files: built.outputFiles.map(({ path, text }) => executable(basename(path), text)),
    sources: Object.keys(split.metafile.inputs),
    startSources,
    startFiles: startOutputsOf(built.metafile).map((path) => basename(path)),
    pluginSources: sources,
    warnings: await textsOf(built.warnings, "warning"),
  };
}

interface Build {
  readonly charm: string;
  readonly entry: string;
  readonly target: string;
  readonly plugins: readonly BundlePlugin[];
}

async function buildChunks({ charm, entry, target, plugins }: Build) {
  try {
    return await build({
      absWorkingDir: charm,
      entryPoints: { main: entry },
      outdir: join(charm, "dist/lib"),
      outExtension: { ".js": ".mjs" },
      chunkNames: "[name]-[hash]",
      bundle: true,
      splitting: true,
      format: "esm",
      platform: "node",
      target,
      keepNames: true,
      sourcemap: "linked",
      sourcesContent: false,
      plugins: [...plugins],
      banner: { js: BANNER },
      legalComments: "none", // Licences are in the archive as a whole.
      metafile: true,
      write: false,
      logLevel: "silent",
      // What a package without side effects has at the start is imported by its users too.
      logOverride: { "ignored-bare-import": "silent" },
    });
  } catch (cause) {
    const texts = isBuildFailure(cause) ? await textsOf(cause.errors, "error") : [String(cause)];
    throw new PackError(`Cannot bundle ${entry}:\n${texts.join("\n")}`, { cause });
  }
}

function isBuildFailure(thrown: unknown): thrown is BuildFailure {
  return thrown instanceof Error && "errors" in thrown && Array.isArray(thrown.errors);
}

async function textsOf(messages: readonly Message[], kind: "error" | "warning"): Promise<string[]> {
  return (await formatMessages([...messages], { kind })).map((text) => text.trim());
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
