import { existsSync, globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { packagesOf } from "../packages/changes.ts";
import { git, gitSucceeds } from "../packages/git.ts";
import { faultsOfPublishing, readPublishing, type Publishing } from "../packages/publishing.ts";

/** The version of a release, or of a snapshot between two. */
export interface ReleaseVersion {
  /** Version of the charm and its agent, such as `0.2.0`. */
  readonly number: string;
  /** In names of files: the number, and for a snapshot the commit. */
  readonly name: string;
  /** For Debian packages: a snapshot sorts before its release. */
  readonly debian: string;
  /** Time of the commit, in seconds since the Unix epoch: what the same inputs have in common. */
  readonly epoch: number;
  readonly commit: string;
  readonly isClean: boolean;
  /** Whether the commit has the tag of the version, and no file is changed. */
  readonly isTagged: boolean;
}

/** What a tag needs to be right. */
export interface TagFacts {
  readonly version: ReleaseVersion;
  /** Paths that git knows nothing of, or other content. */
  readonly changed: readonly string[];
  /** Whether the tag of the version is at another commit. */
  readonly isTagElsewhere: boolean;
  /** Number of changesets that no version has taken. */
  readonly changesets: number;
  /** Texts of the pages that have a heading for each version, by their paths. */
  readonly pages: Readonly<Record<string, string>>;
  readonly publishing: Pick<Publishing, "repository" | "maintainer">;
}

/** Name of the package in `release/`, whose version is that of the charm. */
const CHARM = "github-runner";
const PAGES = ["CHANGELOG.md", "docs/reference/upgrade-notes.md"];
/** More digits than git takes by itself: it takes more in a big clone than in a shallow one. */
const COMMIT_DIGITS = 12;

/** The tag of a version of the charm. */
export function tagOfVersion(number: string): string {
  return `v${number}`;
}

/** Reads the version from `release/package.json`, which changesets raise, and the commit. @throws Error without git. */
export async function readReleaseVersion(root: string): Promise<ReleaseVersion> {
  const text = readFileSync(join(root, "release/package.json"), "utf8");
  const { version: number } = JSON.parse(text) as { readonly version: string };
  if (!(await gitSucceeds(root, "rev-parse", "--verify", "--quiet", "HEAD")))
    throw new Error("Cannot tell what is released: this is no git repository with a commit");
  const commit = await git(root, "rev-parse", `--short=${COMMIT_DIGITS}`, "HEAD");
  const epoch = Number(await git(root, "log", "-1", "--format=%ct"));
  const isClean = (await git(root, "status", "--porcelain")) === "";
  const tags = (await git(root, "tag", "--points-at", "HEAD")).split("\n");
  const isTagged = isClean && tags.includes(tagOfVersion(number));
  const facts = { number, epoch, commit, isClean, isTagged };
  return { ...facts, ...namesOf(facts) };
}

/** The names of a version. Pure. */
export function namesOf(
  version: Omit<ReleaseVersion, "name" | "debian">,
): Pick<ReleaseVersion, "name" | "debian"> {
  const { number, epoch, commit, isClean, isTagged } = version;
  if (isTagged) return { name: number, debian: number };
  const time = new Date(epoch * 1000)
    .toISOString()
    .replaceAll(/[^0-9]/g, "")
    .slice(0, 12);
  const state = isClean ? commit : `${commit}.dirty`;
  return { name: `${number}-${state}`, debian: `${number}~${time}.${state}` };
}

/** Texts of the changesets of the charm that no version has taken. */
export function pendingTexts(root: string): readonly string[] {
  const texts = globSync(".changeset/*.md", { cwd: root })
    .sort()
    .map((file) => readFileSync(join(root, file), "utf8"));
  return texts
    .filter((text) => packagesOf(text).includes(CHARM))
    .map((text) => text.replace(/^---\n.*?^---\n/ms, "").trim());
}

const isUnreleased = (line: string, number: string): boolean =>
  [`## ${number}, unreleased`, `## To ${number}, unreleased`].includes(line);

/** What stands against a tag of the version at this commit. Pure. */
export function faultsOfTag({ version, changed, isTagElsewhere, changesets, pages, publishing }: TagFacts) {
  const { number } = version;
  const [first, ...others] = changed;
  const more = others.length === 0 ? "" : ` and ${others.length} more`;
  return [
    ...(first === undefined ? [] : [`files are not committed: ${first}${more}`]),
    ...(changesets === 0 ? [] : ["there are changesets: run npm run packages:version, and commit"]),
    ...Object.entries(pages)
      .filter(([, text]) => text.split("\n").some((line) => isUnreleased(line, number)))
      .map(([path]) => `${path} says that ${number} is unreleased: take that from its heading, and commit`),
    ...(isTagElsewhere
      ? [
          `${tagOfVersion(number)} is another commit: add a changeset of ${CHARM}, and run npm run packages:version`,
        ]
      : []),
    ...faultsOfPublishing(publishing),
  ];
}

/** Tags the commit as the version, unless it is. @throws Error when it is not fit for that. */
export async function tagCommit(root: string): Promise<void> {
  const version = await readReleaseVersion(root);
  if (version.isTagged) return;
  const name = tagOfVersion(version.number);
  const faults = faultsOfTag({
    version,
    changed: (await git(root, "status", "--porcelain"))
      .split("\n")
      .filter(Boolean)
      .map((line) => line.trim().replace(/^\S+ +/, "")),
    isTagElsewhere: await gitSucceeds(root, "rev-parse", "--verify", "--quiet", `refs/tags/${name}`),
    changesets: globSync(".changeset/*.md", { cwd: root }).filter((file) => !file.endsWith("README.md"))
      .length,
    pages: Object.fromEntries(
      PAGES.filter((path) => existsSync(join(root, path))).map((path) => [
        path,
        readFileSync(join(root, path), "utf8"),
      ]),
    ),
    publishing: readPublishing(root),
  });
  if (faults.length > 0)
    throw new Error(`Cannot tag this commit:\n${faults.map((fault) => `- ${fault}`).join("\n")}`);
  await git(root, "tag", "--annotate", name, "--message", name);
}
