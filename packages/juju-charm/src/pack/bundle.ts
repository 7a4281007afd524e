import { basename, join } from "node:path";
import { build, formatMessages, type BuildFailure, type Message, type Metafile } from "esbuild";
import { loadCharmSettings } from "../metadata/charm-settings.ts";
import { isBuiltinInput, lazyBuiltins } from "./lazy-builtins.ts";
import { loadPlugins, type BundlePlugin } from "./load-plugins.ts";
import { oneStartChunk } from "./one-start-chunk.ts";
import { PackError } from "./pack-error.ts";

/** A file from the bundler. */
export interface BundledFile {
  /** File name without directories. */
  readonly name: string;
  readonly content: Uint8Array;
}

/** The bundled program of a charm. */
export interface Bundle {
  readonly files: readonly BundledFile[];
  /** Paths of the bundled sources, relative to the charm directory. */
  readonly sources: readonly string[];
  /** Sources that are loaded at the start, before any dynamic import. */
  readonly startSources: readonly string[];
  /** Names of the files with these sources. */
  readonly startFiles: readonly string[];
  /** Source files of the plugins, relative to the charm directory. */
  readonly pluginSources: readonly string[];
  /** Formatted warnings of the bundler. */
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

// Some CommonJS dependencies require built-in modules, which an ES module cannot. None of them is loaded at the start.
const BANNER =
  "const require=(id)=>process.getBuiltinModule('node:module').createRequire(import.meta.url)(id);";

/** Charmcraft's linter needs an executable program: this runs it with the archive's runtime, from the charm directory. */
const HASHBANG = "#!runtime/bin/node\n";

/**
 * Bundles a program into ES modules: `main.mjs`, one chunk with all other modules of the start, and a chunk for each
 * dynamic import, so that an event loads only the modules that it needs. Names are kept, because errors show them. Source
 * maps contain only positions. Uses the plugins of the charm's settings.
 *
 * @param charm base directory of `entry`.
 * @throws {@link PackError} when a module cannot be bundled, with its position.
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
    sources: sourcesOf(split.metafile),
    startSources,
    startFiles: startOutputsOf(built.metafile).map((path) => basename(path)),
    pluginSources: sources,
    warnings: await textsOf(built.warnings, "warning"),
  };
}

/** A further program of a charm, in one file. */
export interface BundledProgram {
  readonly files: readonly BundledFile[];
  /** Paths of the bundled sources, relative to the charm directory. */
  readonly sources: readonly string[];
  /** Formatted warnings of the bundler. */
  readonly warnings: readonly string[];
}

/**
 * Bundles a further program into one ES module with the name of its main module. It shares no chunk with the charm, whose
 * start must not load more for it. Comments and white space are left out: the text of a program that stays is kept in memory,
 * twice as large where one character of it is not of Latin-1.
 *
 * @throws {@link PackError} when a module cannot be bundled, with its position.
 */
export async function bundleProgram(
  charm: string,
  entry: string,
  options: BundleOptions = {},
): Promise<BundledProgram> {
  const { plugins } = await loadPlugins(charm, (await loadCharmSettings(charm)).plugins);
  const target = `node${options.nodeVersion ?? "24"}`;
  const name = basename(entry).replace(/\.[cm]?[jt]s$/, "");
  const built = await buildChunks({ charm, entry, target, plugins, name });
  return {
    files: built.outputFiles.map(({ path, text }) => ({ name: basename(path), content: Buffer.from(text) })),
    sources: sourcesOf(built.metafile),
    warnings: await textsOf(built.warnings, "warning"),
  };
}

interface Build {
  readonly charm: string;
  readonly entry: string;
  readonly target: string;
  readonly plugins: readonly BundlePlugin[];
  /** Name of a program in one file. @default chunks, with `main` */
  readonly name?: string;
}

async function buildChunks({ charm, entry, target, plugins, name }: Build) {
  try {
    return await build({
      absWorkingDir: charm,
      entryPoints: { [name ?? "main"]: entry },
      outdir: join(charm, "dist/lib"),
      outExtension: { ".js": ".mjs" },
      chunkNames: "[name]-[hash]",
      bundle: true,
      splitting: name === undefined,
      minifyWhitespace: name !== undefined,
      format: "esm",
      platform: "node",
      target,
      keepNames: true,
      sourcemap: "linked",
      sourcesContent: false,
      plugins: [...plugins, lazyBuiltins],
      banner: { js: BANNER },
      legalComments: "none", // The archive contains all licences in one file.
      metafile: true,
      write: false,
      logLevel: "silent",
      // Start modules of a package without side effects are also imported by their users.
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

function sourcesOf({ inputs }: Metafile): string[] {
  return Object.keys(inputs).filter((input) => !isBuiltinInput(input));
}

function startSourcesOf(metafile: Metafile): string[] {
  const inputs = startOutputsOf(metafile).flatMap((path) =>
    Object.keys(metafile.outputs[path]?.inputs ?? {}),
  );
  return inputs.filter((input) => !isBuiltinInput(input));
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

/** The dynamically imported ES modules. In a CommonJS module, an added import would hide its exports. */
function dynamicModulesOf({ inputs }: Metafile): string[] {
  const imports = Object.values(inputs).flatMap((input) => input.imports);
  const dynamic = imports.filter(({ kind }) => kind === "dynamic-import").map(({ path }) => path);
  return [...new Set(dynamic)].filter((source) => inputs[source]?.format === "esm");
}

/** Adds the hashbang line to the program, and shifts its source map by one line. */
function executable(name: string, text: string): BundledFile {
  const content =
    name === "main.mjs"
      ? `${HASHBANG}${text}`
      : name === "main.mjs.map"
        ? text.replace('"mappings": "', '"mappings": ";')
        : text;
  return { name, content: Buffer.from(content) };
}
