/** A compressed file in a zip archive. */
export interface DeflatedEntry {
  /** Position of its first compressed byte in the archive. */
  readonly start: number;
  /** Number of compressed bytes. */
  readonly length: number;
  /** CRC-32 of the file. */
  readonly checksum: number;
  /** Number of bytes of the file. */
  readonly size: number;
}

/** Bytes of an archive's end record, and of the fixed parts of an entry's two headers. */
const [END, CENTRAL, LOCAL] = [22, 46, 30];
const [END_MARK, CENTRAL_MARK, LOCAL_MARK] = [0x06054b50, 0x02014b50, 0x04034b50];
const DEFLATED = 8;

/**
 * Finds a file in a zip archive.
 *
 * @param archive without a comment, and smaller than 4 GiB, as `juju-charm pack` makes it.
 * @throws Error when it does not have the file, or has it uncompressed.
 */
export function findDeflated(archive: Buffer, path: string): DeflatedEntry {
  const end = archive.length - END;
  if (end < 0 || archive.readUInt32LE(end) !== END_MARK)
    throw new Error("Cannot read the archive: it has no end record");
  let at = archive.readUInt32LE(end + 16);
  for (let left = archive.readUInt16LE(end + 10); left > 0; left -= 1) {
    if (archive.readUInt32LE(at) !== CENTRAL_MARK)
      throw new Error("Cannot read the archive: its directory is damaged");
    const [nameLength = 0, extraLength = 0, commentLength = 0] = [28, 30, 32].map((from) =>
      archive.readUInt16LE(at + from),
    );
    const name = archive.toString("utf8", at + CENTRAL, at + CENTRAL + nameLength);
    if (name === path) return entryAt(archive, at, path);
    at += CENTRAL + nameLength + extraLength + commentLength;
  }
  throw new Error(`Cannot find ${path} in the archive`);
}

function entryAt(archive: Buffer, at: number, path: string): DeflatedEntry {
  if (archive.readUInt16LE(at + 10) !== DEFLATED)
    throw new Error(`Cannot use ${path} in the archive: it is not deflated`);
  const local = archive.readUInt32LE(at + 42);
  if (archive.readUInt32LE(local) !== LOCAL_MARK)
    throw new Error(`Cannot use ${path} in the archive: its header is damaged`);
  return {
    start: local + LOCAL + archive.readUInt16LE(local + 26) + archive.readUInt16LE(local + 28),
    length: archive.readUInt32LE(at + 20),
    checksum: archive.readUInt32LE(at + 16),
    size: archive.readUInt32LE(at + 24),
  };
}
