import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";

/** The charm's version: the package's, and the commit where there is one, such as `0.1.0-8713396`. */
export function versionOf(root: string): string {
  const { version } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as { version: string };
  try {
    const stdio: ["ignore", "pipe", "ignore"] = ["ignore", "pipe", "ignore"];
    const described = execFileSync("git", ["describe", "--always", "--dirty", "--exclude=*"], {
      cwd: root,
      stdio,
    });
    return `${version}-${described.toString().trim()}`;
  } catch {
    return version; // A source archive has no history.
  }
}
