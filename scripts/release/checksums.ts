import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { readdir, writeFile } from "node:fs/promises";
import { join, relative } from "node:path";
import { pipeline } from "node:stream/promises";

/** Name of the file with the checksums. */
export const CHECKSUMS = "SHA256SUMS";

/** Writes the checksums of all files below a directory, as `sha256sum --check` reads them. @returns its path. */
export async function writeChecksums(directory: string): Promise<string> {
  const found = await readdir(directory, { recursive: true, withFileTypes: true });
  const paths = found
    .filter((entry) => entry.isFile() && !entry.name.startsWith(CHECKSUMS))
    .map((entry) => join(entry.parentPath, entry.name));
  const lines: string[] = [];
  for (const path of paths.sort()) lines.push(`${await digestOf(path)}  ${relative(directory, path)}\n`);
  const target = join(directory, CHECKSUMS);
  await writeFile(target, lines.join(""));
  return target;
}

async function digestOf(path: string): Promise<string> {
  const hash = createHash("sha256");
  await pipeline(createReadStream(path), hash);
  return hash.digest("hex");
}
