import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { pipeline } from "node:stream/promises";

import { eachArchiveEntry, CharmArchiveError } from "juju-hook-tools";
import {
  CHARM_FILES,
  parseCharmDefinition,
  type CharmDefinition,
  type CharmFileName,
} from "./charm-definition.ts";

/**
 * Reads and validates an archive as `juju deploy` does, without unpacking it. Unlike Juju it also requires an executable
 * `dispatch` at the root, so that a wrong archive fails before its first hook.
 *
 * @throws CharmArchiveError
 */
export async function readCharmArchive(path: string, signal: AbortSignal): Promise<CharmDefinition> {
  const texts: Partial<Record<CharmFileName, string>> = {};
  let dispatchMode: number | undefined;
  await eachArchiveEntry(path, signal, async (entry) => {
    if (entry.kind === "directory") return;
    if (entry.path === "dispatch") dispatchMode = entry.mode;
    const name = CHARM_FILES.find((file) => file === entry.path);
    if (name) texts[name] = await entry.readText();
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
