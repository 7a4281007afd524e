import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { pendingPackages, recordedChanges, tagOf } from "./changes.ts";
import { faultsOfTarball } from "./check-tarball.ts";
import { git } from "./git.ts";
import { packAllPackages } from "./pack-all-packages.ts";
import type { PackedPackage } from "./pack-packages.ts";
import { faultsOfPublishing, readPublishing } from "./publishing.ts";
import { faultsOfVersions } from "./versions.ts";
import { readWorkspaces, type Workspace } from "./workspaces.ts";

/** How packages are released. */
export interface ReleaseOptions {
  /** Whether to do all but the publishing, which needs no network then. */
  readonly isDryRun: boolean;
  /** Tells of each step. */
  readonly say: (line: string) => void;
}

/** Longest time for the builds, those of other processes included, in milliseconds. */
const BUILD_MS = 12 * 60_000;

const run = promisify(execFile);

/**
 * Releases all packages whose version the registry does not have, each after its siblings, and tags them.
 *
 * @throws Error when something is not fit to be released; nothing is published then.
 */
export async function releasePackages(root: string, { isDryRun, say }: ReleaseOptions): Promise<void> {
  const all = readWorkspaces(root);
  await checkVersions(root, all, say);
  if (!isDryRun) await checkReadiness(root);
  const packed = await packAllPackages(root, AbortSignal.timeout(BUILD_MS));
  for (const { name, version, directory } of packed) say(`built ${name} ${version} in ${directory}`);
  await checkTarballs(packed, say);
  for (const each of packed) await publish(each, { isDryRun, say });
  if (!isDryRun) await tag(root, all, say);
}

/** Checks what packages are as they would be released. @throws Error */
export async function checkTarballs(
  packed: readonly PackedPackage[],
  say: ReleaseOptions["say"],
): Promise<void> {
  const faults: string[] = [];
  for (const { name, tarball } of packed) {
    const found = await faultsOfTarball(tarball);
    if (found.length === 0) say(`checked ${name}: types and package.json are right`);
    faults.push(...found.map((fault) => `${name}: ${fault}`));
  }
  refuse("release the packages", faults);
}

async function checkVersions(
  root: string,
  all: readonly Workspace[],
  say: ReleaseOptions["say"],
): Promise<void> {
  refuse("release the packages", faultsOfVersions(all));
  const recorded = await recordedChanges(root, all);
  if (recorded.kind === "unknown") say(`skipped the check for changesets: ${recorded.reason}`);
  else refuse("release the packages", recorded.faults);
  const pending = [...pendingPackages(root)];
  if (pending.length > 0) say(`waiting for npm run packages:version: changesets of ${pending.join(", ")}`);
  say(`versions: ${all.map(tagOf).join(", ")}`);
}

/** What only the real thing needs. */
async function checkReadiness(root: string): Promise<void> {
  const faults: string[] = [];
  if (pendingPackages(root).size > 0)
    faults.push("there are changesets: run npm run packages:version, and commit");
  if ((await git(root, "status", "--porcelain")) !== "") faults.push("files are not committed");
  faults.push(...faultsOfPublishing(readPublishing(root)));
  refuse("release the packages", faults);
}

async function publish(
  { name, version, tarball }: PackedPackage,
  { isDryRun, say }: ReleaseOptions,
): Promise<void> {
  if (!isDryRun && (await isPublished(name, version))) {
    say(`${name} ${version} is published already`);
    return;
  }
  // Without --force a dry run would ask the registry for the versions that it has.
  const more = isDryRun ? ["--dry-run", "--force"] : [];
  await run("npm", ["publish", tarball, "--loglevel=error", ...more]);
  say(`${isDryRun ? "would publish" : "published"} ${name} ${version}`);
}

async function isPublished(name: string, version: string): Promise<boolean> {
  try {
    const { stdout } = await run("npm", ["view", `${name}@${version}`, "version"]);
    return stdout.trim() === version;
  } catch (thrown) {
    if (String((thrown as { readonly stderr?: string }).stderr).includes("E404")) return false;
    throw thrown;
  }
}

async function tag(root: string, all: readonly Workspace[], say: ReleaseOptions["say"]): Promise<void> {
  const known = (await git(root, "tag")).split("\n");
  for (const name of all.map(tagOf).filter((each) => !known.includes(each))) {
    await git(root, "tag", "--annotate", name, "--message", name);
    say(`tagged ${name}`);
  }
  say("push the tags: git push --tags");
}

function refuse(action: string, faults: readonly string[]): void {
  if (faults.length > 0)
    throw new Error(`Cannot ${action}:\n${faults.map((fault) => `- ${fault}`).join("\n")}`);
}
