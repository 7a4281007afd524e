import { createWriteStream } from "node:fs";
import { pipeline } from "node:stream/promises";
import { ZipFile, type Options } from "yazl";
import { makeFileAtomically } from "charm-kit";

/** A file of an archive: its bytes, or the path of its source. */
export interface ArchiveEntry {
  readonly path: string;
  readonly content: { readonly bytes: Uint8Array } | { readonly file: string };
  /** @default false */
  readonly executable?: boolean;
  /** 1 (fast) to 9 (small). @default 6 */
  readonly compressionLevel?: number;
}

// The earliest time in a zip file, so that the same inputs always create the same bytes.
const MODIFIED = new Date(1980, 0, 1);
const EXECUTABLE = 0o100755;
const PLAIN = 0o100644;

/** Writes a zip archive atomically, with entries sorted by path. */
export async function writeArchive(path: string, entries: readonly ArchiveEntry[]): Promise<void> {
  const zip = new ZipFile();
  for (const entry of entries.toSorted((a, b) => (a.path < b.path ? -1 : 1))) {
    const options: Partial<Options> = {
      mtime: MODIFIED,
      mode: entry.executable ? EXECUTABLE : PLAIN,
      compressionLevel: entry.compressionLevel ?? 6,
      forceDosTimestamp: true,
    };
    if ("file" in entry.content) zip.addFile(entry.content.file, entry.path, options);
    else zip.addBuffer(Buffer.from(entry.content.bytes), entry.path, options);
  }
  zip.end();
  // An archive is easy to pack again, so its rename need not survive a power loss.
  const durable = false;
  await makeFileAtomically(path, (partial) => pipeline(zip.outputStream, createWriteStream(partial)), {
    durable,
  });
}
