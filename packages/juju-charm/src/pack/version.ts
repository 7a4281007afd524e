import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { runProcess } from "charm-kit";
import { upwards } from "./find-upwards.ts";

const GIT_MS = 30_000;

/**
 * A charm's version: the version of the nearest package, with the commit if available, such as `0.1.0-8713396`.
 *
 * @param charm base directory of the charm.
 */
export async function versionOf(charm: string): Promise<string> {
  const version = (await packageVersion(charm)) ?? "0.0.0";
  const { exitCode, stdout } = await runProcess(
    ["git", "describe", "--always", "--abbrev=12", "--dirty", "--exclude=*"],
    {
      action: "read the commit",
      limitMs: GIT_MS,
      signal: new AbortController().signal,
      cwd: charm,
    },
  );
  // A source archive has no Git history.
  return exitCode === 0 ? `${version}-${stdout.trim()}` : version;
}

async function packageVersion(charm: string): Promise<string | undefined> {
  for (const directory of upwards(charm)) {
    const path = join(directory, "package.json");
    if (!existsSync(path)) continue;
    const { version } = JSON.parse(await readFile(path, "utf8")) as { readonly version?: string };
    if (version !== undefined) return version;
  }
  return undefined;
}
