import { open, readdir, rename, rm } from "node:fs/promises";
import { basename, dirname, join } from "node:path";

/** Mode of the file: what a unit remembers is nobody else's business. */
const MODE = 0o600;

/** The steps in which a file is replaced. */
export interface StateFiles {
  /** Writes a file of mode 0600 as a whole and waits until the disk has it. */
  write(path: string, text: string): Promise<void>;
  rename(from: string, to: string): Promise<void>;
  /** Waits until the disk has the names in a directory. */
  syncDirectory(path: string): Promise<void>;
}

/** The steps on the machine's disk. */
export const diskFiles: StateFiles = {
  write: async (path, text) => {
    const file = await open(path, "w", MODE);
    try {
      await file.writeFile(text);
      await file.sync();
    } finally {
      await file.close();
    }
  },
  rename,
  syncDirectory: async (path) => {
    const directory = await open(path, "r");
    try {
      await directory.sync();
    } finally {
      await directory.close();
    }
  },
};

/** Replaces a file so that at any moment, also after a power cut, the old or the new one is there as a whole. */
export async function replaceFile(path: string, text: string, files: StateFiles): Promise<void> {
  await removeLeftOvers(path);
  const temporary = `${path}.${process.pid}.new`;
  await files.write(temporary, text);
  await files.rename(temporary, path);
  // A rename is on the disk only once its directory is.
  await files.syncDirectory(dirname(path));
}

/** Juju runs one dispatch of a unit at a time: new files of other processes belong to killed ones. */
async function removeLeftOvers(path: string): Promise<void> {
  const leftOver = (name: string) => name.startsWith(`${basename(path)}.`) && name.endsWith(".new");
  const names = (await readdir(dirname(path))).filter(leftOver);
  await Promise.all(names.map((name) => rm(join(dirname(path), name), { force: true })));
}
