import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { pipeline } from "node:stream/promises";

import { eachEntry, kindOf, modeOf, readText, CharmArchiveError } from "juju-hook-tools";
import {
  CHARM_FILES,
  parseCharmDefinition,
  type CharmDefinition,
  type CharmFileName,
} from "./charm-definition.ts";

/**
 * Reads and checks an archive as `juju deploy` does, without unpacking it. `dispatch` must be an executable file at
 * its root: Juju itself finds that out only when the first hook fails.
 *
 * @throws CharmArchiveError
 */
export async function readCharmArchive(path: string, signal: AbortSignal): Promise<CharmDefinition> {
  const texts: Partial<Record<CharmFileName, string>> = {};
  let dispatchMode: number | undefined;
  await eachEntry(path, signal, async (zip, entry) => {
    kindOf(entry);
    if (entry.fileName === "dispatch") dispatchMode = modeOf(entry);
    const name = CHARM_FILES.find((file) => file === entry.fileName);
    if (name) texts[name] = await readText(zip, entry);
  });
  const definition = parseCharmDefinition(texts);
  if (dispatchMode === undefined) {
    throw new CharmArchiveError(
      `Cannot deploy ${path}: invalid charm "${definition.name}": has no dispatch file at its root`,
    );
  }
  if ((dispatchMode & 0o100) === 0) {
    throw new CharmArchiveError(
      `Cannot deploy ${path}: invalid charm "${definition.name}": dispatch is not executable`,
    );
  }
  return definition;
}

/** SHA-256 of a file, in hexadecimal. */
export async function digestFile(path: string, signal: AbortSignal): Promise<string> {
  const hash = createHash("sha256");
  await pipeline(createReadStream(path), hash, { signal });
  return hash.digest("hex");
}
