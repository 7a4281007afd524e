import { mkdir, open } from "node:fs/promises";
import { dirname, join } from "node:path";
import { openPromise, type Entry } from "yauzl";

/** Unpacks an archive with file modes, like the unit agent, and returns the modes by path. */
export async function unpack(archive: string, directory: string): Promise<ReadonlyMap<string, number>> {
  const modes = new Map<string, number>();
  const zip = await openPromise(archive);
  for await (const entry of zip.eachEntry()) {
    const mode = modeOf(entry);
    modes.set(entry.fileName, mode);
    const path = join(directory, entry.fileName);
    await mkdir(dirname(path), { recursive: true });
    const file = await open(path, "w", mode & 0o777);
    await file.writeFile(await zip.openReadStreamPromise(entry));
    await file.close();
  }
  return modes;
}

function modeOf(entry: Entry): number {
  return entry.externalFileAttributes >>> 16;
}
