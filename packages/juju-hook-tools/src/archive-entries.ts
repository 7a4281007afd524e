import { openPromise, type Entry, type ZipFile } from "yauzl";

import { messageOf } from "charm-kit";
import { CharmArchiveError } from "./charm-archive-error.ts";

const TYPE_MASK = 0o170000;
const SYMLINK = 0o120000;
const REGULAR = 0o100000;
const DIRECTORY = 0o040000;
const LARGEST_TEXT_BYTES = 1024 * 1024;

/** What an entry of an archive is. */
export type EntryKind = "file" | "directory" | "symlink";

/** Visits the entries of an archive in their order. @throws CharmArchiveError */
export async function eachEntry(
  path: string,
  signal: AbortSignal,
  visit: (zip: ZipFile, entry: Entry) => Promise<void>,
): Promise<void> {
  const zip = await openArchive(path);
  try {
    for await (const entry of zip.eachEntry()) {
      signal.throwIfAborted();
      await visit(zip, entry);
    }
  } catch (cause) {
    signal.throwIfAborted();
    if (cause instanceof CharmArchiveError) throw cause;
    throw new CharmArchiveError(`Cannot read ${path}: ${messageOf(cause)}`, { cause });
  } finally {
    zip.close();
  }
}

async function openArchive(path: string): Promise<ZipFile> {
  try {
    return await openPromise(path, { autoClose: false, strictFileNames: true });
  } catch (cause) {
    throw new CharmArchiveError(`Cannot read ${path}: ${messageOf(cause)}, give the path of a .charm file`, {
      cause,
    });
  }
}

/** The mode of an entry, as Unix has it. */
export function modeOf(entry: Entry): number {
  return entry.externalFileAttributes >>> 16;
}

/** @throws CharmArchiveError for what is neither file, directory nor symlink. */
export function kindOf(entry: Entry): EntryKind {
  const type = modeOf(entry) & TYPE_MASK;
  if (type === SYMLINK) return "symlink";
  if (entry.fileName.endsWith("/") || type === DIRECTORY) return "directory";
  if (type === REGULAR || type === 0) return "file";
  throw new CharmArchiveError(
    `Cannot deploy the archive: "${entry.fileName}" is neither file, directory nor symlink`,
  );
}

/** Reads a small entry. @throws CharmArchiveError when it is larger than 1 MiB. */
export async function readText(zip: ZipFile, entry: Entry): Promise<string> {
  if (entry.uncompressedSize > LARGEST_TEXT_BYTES) {
    throw new CharmArchiveError(`Cannot deploy the archive: "${entry.fileName}" is larger than 1 MiB`);
  }
  const stream = await zip.openReadStreamPromise(entry);
  return Buffer.concat((await stream.toArray()) as Buffer[]).toString("utf8");
}
