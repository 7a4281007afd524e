import { extname, join } from "node:path";
import { pathToFileURL } from "node:url";
import { isRecord, messageOf } from "charm-kit";
import { build, type Plugin } from "esbuild";
import { PackError } from "./pack-error.ts";

/** An esbuild plugin for a charm's bundle. Each module in `charm.plugins` exports a list `plugins`. */
export type BundlePlugin = Plugin;

/** Plugins and their source files. */
export interface LoadedPlugins {
  readonly plugins: readonly BundlePlugin[];
  /** Files of the modules and their imports, without npm packages; relative to the charm. */
  readonly sources: readonly string[];
}

/** Imports the plugins of a charm. @throws {@link PackError} when a module cannot be imported or exports no plugins. */
export async function loadPlugins(charm: string, modules: readonly string[]): Promise<LoadedPlugins> {
  const plugins = await Promise.all(modules.map((path) => importPlugins(charm, path)));
  return { plugins: plugins.flat(), sources: modules.length === 0 ? [] : await sourcesOf(charm, modules) };
}

async function importPlugins(charm: string, path: string): Promise<readonly BundlePlugin[]> {
  const features: object = process.features;
  const runsTypeScript = "typescript" in features && Boolean(features.typescript);
  if (extname(path) === ".ts" && !runsTypeScript) {
    throw new PackError(
      `Cannot load the plugins in ${path}: Node.js ${process.versions.node} cannot run TypeScript; ` +
        "use Node.js 22.18 or later, or write them in JavaScript",
    );
  }
  let module: { readonly plugins?: unknown };
  try {
    module = (await import(pathToFileURL(join(charm, path)).href)) as typeof module;
  } catch (cause) {
    throw new PackError(`Cannot load the plugins in ${path}: ${messageOf(cause)}`, { cause });
  }
  if (!Array.isArray(module.plugins) || !module.plugins.every(isPlugin)) {
    throw new PackError(
      `Cannot load the plugins in ${path}: it exports no list "plugins" of esbuild plugins; add this export`,
    );
  }
  return module.plugins;
}

function isPlugin(value: unknown): value is BundlePlugin {
  return isRecord(value) && "name" in value && typeof value["setup"] === "function";
}

async function sourcesOf(charm: string, modules: readonly string[]): Promise<string[]> {
  const { metafile } = await build({
    absWorkingDir: charm,
    entryPoints: [...modules],
    outdir: join(charm, "dist"),
    bundle: true,
    packages: "external",
    platform: "node",
    format: "esm",
    metafile: true,
    write: false,
    logLevel: "silent",
  });
  return Object.keys(metafile.inputs);
}
