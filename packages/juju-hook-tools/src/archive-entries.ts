import type { Readable } from "node:stream";
import { type Entry, openPromise, type ZipFile } from "yauzl";
import { CodedError, messageOf } from "charm-kit";

/** `juju deploy` would not accept an archive or a file in it. */
export class CharmArchiveError extends CodedError {
  readonly code = "charm-archive";
}

const TYPE_MASK = 0o170000;
const SYMLINK = 0o120000;
const REGULAR = 0o100000;
const DIRECTORY = 0o040000;
const LARGEST_TEXT_BYTES = 1024 * 1024;

/** Type of an archive entry. */
export type EntryKind = "file" | "directory" | "symlink";

/** An entry of a charm archive. */
export interface ArchiveEntry {
  /** Relative to the charm's directory, without a slash at the end. */
  readonly path: string;
  readonly kind: EntryKind;
  /** Unix mode. */
  readonly mode: number;
  /** Opens the content. */
  open(): Promise<Readable>;
  /** Reads a small file, or the target of a symlink. @throws CharmArchiveError when it is larger than 1 MiB. */
  readText(): Promise<string>;
}

/**
 * Visits the entries of an archive in archive order.
 *
 * @throws CharmArchiveError when it is not an archive, or an entry is neither file, directory nor symlink.
 */
export async function eachArchiveEntry(
  path: string,
  signal: AbortSignal,
  visit: (entry: ArchiveEntry) => Promise<void>,
): Promise<void> {
  const zip = await openArchive(path);
  try {
    for await (const entry of zip.eachEntry()) {
      signal.throwIfAborted();
      await visit(describeEntry(zip, entry));
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

function describeEntry(zip: ZipFile, entry: Entry): ArchiveEntry {
  return {
    path: entry.fileName.replace(/\/$/, ""),
    kind: kindOf(entry),
    mode: modeOf(entry),
    open: () => zip.openReadStreamPromise(entry),
    readText: () => readText(zip, entry),
  };
}

async function readText(zip: ZipFile, entry: Entry): Promise<string> {
  if (entry.uncompressedSize > LARGEST_TEXT_BYTES) {
    throw new CharmArchiveError(`Cannot deploy the archive: "${entry.fileName}" is larger than 1 MiB`);
  }
  const stream = await zip.openReadStreamPromise(entry);
  return Buffer.concat((await stream.toArray()) as Buffer[]).toString("utf8");
}

function modeOf(entry: Entry): number {
  return entry.externalFileAttributes >>> 16;
}

function kindOf(entry: Entry): EntryKind {
  const type = modeOf(entry) & TYPE_MASK;
  if (type === SYMLINK) return "symlink";
  if (entry.fileName.endsWith("/") || type === DIRECTORY) return "directory";
  if (type === REGULAR || type === 0) return "file";
  throw new CharmArchiveError(
    `Cannot deploy the archive: "${entry.fileName}" is neither file, directory nor symlink`,
  );
}
