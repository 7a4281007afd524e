import { stat } from "node:fs/promises";
import { join } from "node:path";
import { glob } from "tinyglobby";
import { PackError } from "./pack-error.ts";
import type { ArchiveEntry } from "./write-archive.ts";

/** Paths that the packer creates, Juju rewrites, or a Juju 3.6 controller omits when it repacks an archive. */
const RESERVED =
  /^(?:dispatch|metadata\.yaml|manifest\.yaml|version|revision|\.juju-charm|(?:lib|runtime|hooks|build|\.cache|\.git|\.svn|\.hg|\.bzr|\.tox)\/.*)$/;

/** Never packed: dependencies, which are bundled, and archives. */
const NEVER = ["**/node_modules/**", "dist/**"];

/**
 * The additional files of a charm's settings, with their paths relative to the charm. Follows symbolic links.
 *
 * @param globs patterns for files. Those that begin with `!` exclude files.
 * @throws {@link PackError} when a glob matches nothing, or a file has a reserved path.
 */
export async function ownFiles(charm: string, globs: readonly string[]): Promise<readonly ArchiveEntry[]> {
  const ignore = [...NEVER, ...globs.filter((one) => one.startsWith("!")).map((one) => one.slice(1))];
  const found = new Set<string>();
  for (const pattern of globs.filter((one) => !one.startsWith("!"))) {
    const paths = await glob(pattern, { cwd: charm, ignore, dot: true, expandDirectories: false });
    if (paths.length === 0) {
      throw new PackError(
        `Cannot pack ${charm}: no file matches "${pattern}" of charm.files in package.json; fix or remove it`,
      );
    }
    for (const path of paths) found.add(path);
  }
  return Promise.all([...found].map((path) => ownFile(charm, path)));
}

async function ownFile(charm: string, path: string): Promise<ArchiveEntry> {
  if (RESERVED.test(path)) {
    throw new PackError(
      `Cannot pack ${charm}: charm.files in package.json includes ${path}, which is reserved for the packer or Juju; move the file`,
    );
  }
  const source = join(charm, path);
  const { mode } = await stat(source);
  return { path, content: { file: source }, executable: (mode & 0o100) !== 0 };
}
