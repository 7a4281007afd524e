import { constants, lstat, open, type FileHandle } from "node:fs/promises";
import type { BigIntStats } from "node:fs";
import { messageOf } from "charm-kit";
import { Refusal } from "./guest-file-content.ts";

const { O_NOFOLLOW, O_NONBLOCK, O_RDONLY } = constants;

/** Most bytes of a guest's file. */
export const LARGEST_FILE_BYTES = 1024;

/**
 * Reads a file that a guest wrote. Rejects anything but a regular file of at most
 * {@link LARGEST_FILE_BYTES} with one link that does not change while it is read. Neither blocks nor follows
 * links.
 *
 * @returns undefined when the file is missing.
 */
export async function readGuestFile(path: string): Promise<Buffer | Refusal | undefined> {
  let file: FileHandle;
  try {
    // Before the open, since opening a device may have an effect.
    const refusal = refusalOf(await lstat(path, { bigint: true }));
    if (refusal) return refusal;
    file = await open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
  } catch (thrown) {
    if ((thrown as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    return new Refusal(`it cannot be opened: ${messageOf(thrown)}`);
  }
  try {
    return await readStill(file);
  } finally {
    await file.close();
  }
}

async function readStill(file: FileHandle): Promise<Buffer | Refusal> {
  const before = await file.stat({ bigint: true });
  const refusal = refusalOf(before);
  if (refusal) return refusal;
  const content = Buffer.alloc(LARGEST_FILE_BYTES + 1);
  const { bytesRead } = await file.read(content, 0, content.length, 0);
  const after = await file.stat({ bigint: true });
  const changed = (["size", "mtimeNs", "ctimeNs", "nlink"] as const).some(
    (key) => before[key] !== after[key],
  );
  if (changed || BigInt(bytesRead) !== before.size) return new Refusal("it changed while it was read");
  return content.subarray(0, bytesRead);
}

function refusalOf(stats: BigIntStats): Refusal | undefined {
  if (!stats.isFile()) return new Refusal(`it is ${kindOf(stats)}`);
  if (stats.nlink !== 1n) return new Refusal(`it has ${stats.nlink} names`);
  if (stats.size > LARGEST_FILE_BYTES) return new Refusal(`it has ${stats.size} bytes`);
  return undefined;
}

/** The type of a directory entry, in words. */
export function kindOf(
  stats: Pick<BigIntStats, "isDirectory" | "isFIFO" | "isFile" | "isSocket" | "isSymbolicLink">,
): string {
  if (stats.isFile()) return "a file";
  if (stats.isSymbolicLink()) return "a symbolic link";
  if (stats.isDirectory()) return "a directory";
  if (stats.isFIFO()) return "a pipe";
  if (stats.isSocket()) return "a socket";
  return "a device";
}
