import { copyFile, mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { basename, join, resolve } from "node:path";
import { ARCHITECTURES, findRuntime, hostArchitecture, licencesOf, type Architecture } from "juju-charm/pack";
import { packAgent } from "../agent/pack-agent.ts";
import { runnerAgent, type ProductParts } from "../agent/products.ts";
import { agentSources } from "../agent/program-tree.ts";
import { readPublishing } from "../packages/publishing.ts";
import { writeChecksums } from "./checksums.ts";
import { readContents, renderLicences, sourcesOfArchive } from "./contents.ts";
import { buildDebianPackage } from "./debian-package.ts";
import { renderNotes } from "./notes.ts";
import { pendingTexts, readReleaseVersion, type ReleaseVersion } from "./release-version.ts";
import { renderSbom } from "./sbom.ts";

/** How a release is built. */
export interface BuildOptions {
  /** Where the directory of the version is made. */
  readonly output: string;
  /** Tells of each file. */
  readonly say: (line: string) => void;
}

/** A release in a directory. */
export interface BuiltRelease {
  /** Absolute path. */
  readonly directory: string;
  readonly version: ReleaseVersion;
  /** Absolute path of the checksums, which are to be signed. */
  readonly checksums: string;
}

interface PackedProduct {
  readonly architecture: Architecture;
  readonly product: Required<ProductParts>;
}

/** The modes of packed files must not depend on who packs them. */
const UMASK = 0o022;

/**
 * Builds all files of a release: the charm's archives, the agents, the Debian packages, the bill of materials, licences,
 * notes and checksums. The same commit always gives the same bytes.
 *
 * @param root base directory of the repository.
 */
export async function buildRelease(root: string, { output, say }: BuildOptions): Promise<BuiltRelease> {
  process.umask(UMASK);
  const version = await readReleaseVersion(root);
  const directory = join(resolve(output), `github-runner_${version.name}`);
  await rm(directory, { recursive: true, force: true });
  await mkdir(directory, { recursive: true });
  const write = async (name: string, text: string) => {
    await writeFile(join(directory, name), text);
    say(name);
  };
  // First, because it fails when a text is missing.
  await write("RELEASE-NOTES.md", await notesOf(root, version));

  const products = await packProducts(root, directory, say);
  const sources = await sourcesOf(root, products);
  const licences = await renderLicences(root, await licencesOf(root, sources), hostArchitecture());
  await write("THIRD-PARTY-LICENCES.txt", licences);
  const released = { name: "github-runner", version: version.name, epoch: version.epoch };
  const contents = await readContents(root, sources, ARCHITECTURES);
  await write(`github-runner_${version.name}.cdx.json`, await renderSbom(released, contents));
  const { repository: homepage, maintainer } = readPublishing(root);
  for (const { architecture, product } of products) {
    const facts = { version: version.debian, epoch: version.epoch, maintainer, homepage };
    const path = await buildDebianPackage(root, directory, { architecture, product, licences, ...facts });
    say(basename(path));
  }
  const checksums = await writeChecksums(directory);
  say(basename(checksums));
  return { directory, version, checksums };
}

async function packProducts(
  root: string,
  directory: string,
  say: BuildOptions["say"],
): Promise<readonly PackedProduct[]> {
  const products: PackedProduct[] = [];
  for (const architecture of ARCHITECTURES) {
    const product = await runnerAgent(root, join(root, "dist"), architecture);
    products.push({ architecture, product });
    await copyFile(product.archive, join(directory, basename(product.archive)));
    say(basename(product.archive));
    say(basename((await packAgent(root, directory, architecture, product)).path));
  }
  return products;
}

/** Paths of all files that the programs are made of, relative to the root. */
async function sourcesOf(root: string, products: readonly PackedProduct[]): Promise<readonly string[]> {
  const { version } = await findRuntime(root, hostArchitecture());
  const charms = await Promise.all(products.map(({ product }) => sourcesOfArchive(product.archive)));
  return [...new Set([...charms.flat(), ...(await agentSources(root, version))])];
}

async function notesOf(root: string, { number, name, isTagged }: ReleaseVersion): Promise<string> {
  const read = (path: string) => readFile(join(root, path), "utf8");
  return renderNotes({
    number,
    name,
    changelog: await read("CHANGELOG.md"),
    upgradeNotes: await read("docs/reference/upgrade-notes.md"),
    pending: isTagged ? [] : pendingTexts(root),
  });
}
