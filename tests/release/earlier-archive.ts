import { execFileSync } from "node:child_process";
import { globSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { runOrFail, runProcess } from "charm-kit";
import { hostArchitecture } from "juju-charm/pack";

const ROOT = join(import.meta.dirname, "../..");
/** Names a commit to upgrade from. */
const VARIABLE = "EARLIER";
const LIMIT_MS = 10 * 60_000;
/** Where nothing has been released yet. */
export const COMMITS_BACK = 100;

/**
 * The commit in the environment, that of the last release before this one, or one of a hundred commits ago; undefined
 * where there is neither.
 */
export function earlierCommit(): string | undefined {
  const given = process.env[VARIABLE];
  if (given !== undefined && given !== "") return given;
  const git = (...words: readonly string[]) =>
    execFileSync("git", ["-C", ROOT, ...words], { encoding: "utf8" })
      .trim()
      .split("\n")
      .filter(Boolean);
  const here = git("tag", "--points-at", "HEAD");
  const released = git("tag", "--list", "v*", "--sort=-version:refname").find((tag) => !here.includes(tag));
  return released ?? git("rev-list", "--skip", String(COMMITS_BACK), "--max-count=1", "HEAD")[0];
}

/**
 * Packs the charm of a commit, with the dependencies that it pins.
 *
 * @param directory to work in.
 * @returns path of the archive.
 */
export async function packEarlier(commit: string, directory: string, signal: AbortSignal): Promise<string> {
  const sources = join(directory, "earlier");
  await mkdir(sources, { recursive: true });
  const run = (script: string, cwd: string) =>
    runOrFail(runProcess, ["sh", "-euc", script], {
      action: `pack ${commit}`,
      limitMs: LIMIT_MS,
      signal,
      cwd,
    });
  await run(`git archive '${commit}' | tar --extract --directory '${sources}'`, ROOT);
  await run("sh scripts/with-dependencies.sh juju-charm pack --no-check", sources);
  const [archive] = globSync(`dist/*_${hostArchitecture()}.charm`, { cwd: sources });
  if (archive === undefined) throw new Error(`The charm of ${commit} was not packed`);
  return join(sources, archive);
}
