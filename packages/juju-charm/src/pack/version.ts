import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";

/**
 * A charm's version: that of the package in its directory, else in the root, and the commit where there is one, such as
 * `0.1.0-8713396`.
 */
export function versionOf(root: string, charm: string): string {
  const version = packageVersion(charm) ?? packageVersion(root) ?? "0.0.0";
  try {
    const stdio: ["ignore", "pipe", "ignore"] = ["ignore", "pipe", "ignore"];
    const described = execFileSync("git", ["describe", "--always", "--dirty", "--exclude=*"], {
      cwd: charm,
      stdio,
    });
    return `${version}-${described.toString().trim()}`;
  } catch {
    return version; // A source archive has no history.
  }
}

function packageVersion(directory: string): string | undefined {
  const path = join(directory, "package.json");
  if (!existsSync(path)) return undefined;
  return (JSON.parse(readFileSync(path, "utf8")) as { version?: string }).version;
}
