import { createHash } from "node:crypto";
import { chmod, copyFile, mkdir, readFile, writeFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { build } from "esbuild";
import { findRuntime, licencesOf, type Architecture } from "juju-charm/pack";
import type { ProductParts } from "./products.ts";

const AGENT = "packages/juju-agent";

/** Some CommonJS dependencies require built-in modules, which an ES module cannot. */
const BANNER = `import { createRequire } from "node:module";const require = createRequire(import.meta.url);`;

/** How a program is laid out. */
export interface TreeOptions {
  readonly architecture: Architecture;
  /** Whether the tree has the files that whoever unpacks it also finds in the charm's archive, and the archive itself. */
  readonly isWhole: boolean;
  /** The package manager that installs it. @default none */
  readonly managedBy?: string;
}

/**
 * Writes the files of an agent's program: its code, its Node.js, its charm's archive, and a `package.json` with their
 * facts above them.
 *
 * @param root base directory of the repository.
 * @param directory to write to; exists and is empty.
 * @throws PackError when the runtime cannot be found.
 */
export async function writeProgramTree(
  root: string,
  directory: string,
  { name, version, archive }: ProductParts,
  { architecture, isWhole, managedBy }: TreeOptions,
): Promise<void> {
  const runtime = await findRuntime(root, architecture);
  const { program, sources } = await bundleAgent(root, runtime.version);
  for (const folder of ["bin", "lib"]) await mkdir(join(directory, folder));
  const charm =
    archive === undefined ? undefined : { file: basename(archive), digest: await digestOf(archive) };
  const facts = { name, version, agent: { charm, managedBy } };
  await writeFile(join(directory, "package.json"), `${JSON.stringify(facts)}\n`);
  await writeFile(join(directory, "lib/main.mjs"), program);
  await writeFile(join(directory, "lib/LICENSES"), await licencesOf(root, sources));
  await copyFile(join(root, "LICENSE"), join(directory, "LICENSE"));
  await copyFile(join(runtime.directory, "LICENSE"), join(directory, "bin/LICENSE"));
  if (isWhole || archive === undefined) {
    await copyFile(join(runtime.directory, "bin/node"), join(directory, "bin/node"));
    await chmod(join(directory, "bin/node"), 0o755);
  }
  if (isWhole && archive !== undefined) await copyFile(archive, join(directory, basename(archive)));
}

/** Paths of the sources that the agent is bundled from, relative to the root. */
export async function agentSources(root: string, nodeVersion: string): Promise<readonly string[]> {
  return (await bundleAgent(root, nodeVersion)).sources;
}

/** One file, so that an agent that uninstalls itself has nothing left to load. */
async function bundleAgent(root: string, nodeVersion: string) {
  const { outputFiles, metafile } = await build({
    absWorkingDir: root,
    entryPoints: [join(AGENT, "src/main.ts")],
    bundle: true,
    format: "esm",
    platform: "node",
    target: `node${nodeVersion}`,
    keepNames: true,
    banner: { js: BANNER },
    legalComments: "none",
    metafile: true,
    write: false,
    logLevel: "error",
  });
  // It is always started by its own Node.js.
  const program = (outputFiles[0]?.text ?? "").replace(/^#!.*\n/, "");
  return { program, sources: Object.keys(metafile.inputs) };
}

async function digestOf(path: string): Promise<string> {
  return createHash("sha256")
    .update(await readFile(path))
    .digest("hex");
}
