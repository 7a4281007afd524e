import type { Publishing } from "./publishing.ts";
import { entryFiles, isSource, publishedPaths, type Manifest, type Workspace } from "./workspaces.ts";

/** A conditional export, as Node.js and TypeScript read it. */
type PublishedExport = string | { readonly types: string; readonly default: string };

/** Folder of the emitted files in a published package. */
export const EMITTED = "dist";

/**
 * Derives the `package.json` of a published package from the committed one. Every source of `exports` and `bin` becomes
 * the emitted file, every other file is published as it is; siblings are required in the version they have now.
 */
export function publishedManifest(
  { manifest, folder }: Workspace,
  all: readonly Workspace[],
  { repository, node }: Publishing,
): object {
  const { name, version, description, keywords, license, type, sideEffects } = manifest;
  return {
    name,
    version,
    description,
    keywords,
    license,
    homepage: `${repository}/tree/main/packages/${folder}#readme`,
    repository: { type: "git", url: `git+${repository}.git`, directory: `packages/${folder}` },
    bugs: { url: `${repository}/issues` },
    engines: { node },
    type,
    sideEffects,
    exports: manifest.exports && mapValues(manifest.exports, publishedExport),
    bin: manifest.bin && mapValues(manifest.bin, publishedProgram),
    files: [...(entryFiles(manifest).some(isSource) ? [EMITTED] : []), ...publishedPaths(manifest)],
    dependencies: publishedDependencies(manifest, all),
    peerDependencies: manifest["peerDependencies"],
    publishConfig: { access: "public", provenance: true },
  };
}

/** Path of the file that a source is emitted to, relative to the package: `./src/x.ts` to `./dist/x.js`. */
export function emittedFile(source: string, extension: ".js" | ".d.ts"): string {
  return source.replace(/^\.\/src\//, `./${EMITTED}/`).replace(/\.ts$/, extension);
}

function publishedExport(file: string): PublishedExport {
  if (!isSource(file)) return file;
  return { types: emittedFile(file, ".d.ts"), default: emittedFile(file, ".js") };
}

/** npm wants programs without `./` before them. */
function publishedProgram(file: string): string {
  return (isSource(file) ? emittedFile(file, ".js") : file).replace(/^\.\//, "");
}

/** A package is published with the versions of its siblings that it was built and tested with. */
function publishedDependencies(
  { dependencies }: Manifest,
  all: readonly Workspace[],
): Readonly<Record<string, string>> | undefined {
  const versions = new Map(all.map(({ manifest: { name, version } }) => [name, version] as const));
  return (
    dependencies &&
    mapValues(dependencies, (range, name) => {
      const version = versions.get(name);
      return version === undefined ? range : `^${version}`;
    })
  );
}

function mapValues<V, R>(
  record: Readonly<Record<string, V>>,
  map: (value: V, key: string) => R,
): Readonly<Record<string, R>> {
  return Object.fromEntries(Object.entries(record).map(([key, value]) => [key, map(value, key)]));
}
