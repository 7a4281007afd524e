import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { writeArchive } from "juju-charm/pack";
import { unpackCharmArchive } from "juju-hook-tools";

/** What of the programs in a runner image is another in the newer charm. */
const OLD = /\bPAYLOAD_TIMEOUT_SECONDS ?= ?26 ?\* ?60 ?\* ?60;/;
const NEW = "PAYLOAD_TIMEOUT_SECONDS = 27 * 60 * 60;";

/**
 * Makes an archive as a release is that changes a program inside runners, of one that is there.
 *
 * @param directory to work in; must not hold an `unpacked` yet.
 * @returns path of the archive.
 */
export async function newerCharm(archive: string, directory: string, signal: AbortSignal): Promise<string> {
  const unpacked = join(directory, "unpacked");
  const paths = await unpackCharmArchive(archive, unpacked, signal);
  await changePrograms(join(unpacked, "lib"));
  const newer = join(directory, "newer.charm");
  const executables = ["dispatch", "runtime/bin/node"];
  await writeArchive(
    newer,
    paths.map((path) => ({
      path,
      content: { file: join(unpacked, path) },
      executable: executables.includes(path),
      compressionLevel: 1,
    })),
  );
  return newer;
}

/**
 * Changes the hooks' program and the runner service.
 *
 * @throws Error unless exactly one file of each has it: the newer charm would be the old one.
 */
async function changePrograms(directory: string): Promise<void> {
  const changed: string[] = [];
  for (const name of await readdir(directory)) {
    if (!name.endsWith(".mjs")) continue;
    const text = await readFile(join(directory, name), "utf8");
    if (!OLD.test(text)) continue;
    await writeFile(join(directory, name), text.replace(OLD, NEW));
    changed.push(name);
  }
  if (changed.length !== 2 || !changed.includes("service.mjs"))
    throw new Error(`${OLD.source} is in ${changed.join(", ")} of ${directory}`);
}
