import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Workspace } from "./workspaces.ts";

/** Tells which packages have a version that their `CHANGELOG.md` does not begin with. */
export function faultsOfVersions(all: readonly Workspace[]): readonly string[] {
  return all.flatMap(({ directory, folder, manifest: { name, version } }) => {
    const path = join(directory, "CHANGELOG.md");
    const newest = existsSync(path) ? newestVersion(readFileSync(path, "utf8")) : undefined;
    if (newest === version) return [];
    return [
      `packages/${folder}: ${name} has the version ${version}, and the newest in its CHANGELOG.md is ${newest ?? "none"}`,
    ];
  });
}

/** The version of the first heading of the second level. */
function newestVersion(changelog: string): string | undefined {
  return /^## (\S+)$/m.exec(changelog)?.[1];
}
