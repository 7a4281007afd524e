import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { basename } from "node:path";
import type { ArchiveFile } from "../http/archive-offer.ts";

/**
 * Reads what an archive's name and content say: its version, its architecture, its SHA-256.
 *
 * @throws Error for a name that is not `actions-runner-linux-<architecture>-<version>.tar.gz`.
 */
export async function describeArchive(path: string): Promise<ArchiveFile> {
  const filename = basename(path);
  const [, architecture, version] =
    /^actions-runner-linux-(x64|arm64)-([\d.]+)\.tar\.gz$/.exec(filename) ?? [];
  if (version === undefined || (architecture !== "x64" && architecture !== "arm64")) {
    throw new Error(`Cannot offer ${path}: its name is not that of a runner application for Linux.`);
  }
  const sha256 = createHash("sha256")
    .update(await readFile(path))
    .digest("hex");
  return { filename, version, path, sha256, architecture };
}
