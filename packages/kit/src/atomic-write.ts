import { open, readdir, rename, rm, stat } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { systemErrorCode } from "./errors.ts";

/** Options of {@link writeFileAtomically}. */
export interface AtomicWriteOptions {
  /** Permission bits, independent of the process's umask, such as `0o600`. */
  readonly mode: number;
  /**
   * Whether the file must survive a power cut: syncs the file and its directory. Without it the write is still atomic,
   * but a power cut may leave a damaged file. That is enough for a cache.
   *
   * @default true
   */
  readonly durable?: boolean;
  /** The file operations. @default {@link diskSteps} */
  readonly steps?: WriteSteps;
}

/** The file operations of {@link writeFileAtomically}. Tests replace one to make it fail. */
export interface WriteSteps {
  /** Creates a new file. Fails if it exists, even as a symbolic link. */
  create(
    path: string,
    content: string | Uint8Array,
    options: { mode: number; durable: boolean },
  ): Promise<void>;
  rename(from: string, to: string): Promise<void>;
  /** Syncs a directory to the disk. */
  syncDirectory(path: string): Promise<void>;
}

/** The file operations of the machine's disk. */
export const diskSteps: WriteSteps = {
  create: async (path, content, { mode, durable }) => {
    // "wx" also refuses a symbolic link.
    const file = await open(path, "wx", mode);
    try {
      // The umask may have removed permissions at creation.
      await file.chmod(mode);
      await file.writeFile(content);
      if (durable) await file.sync();
    } finally {
      await file.close();
    }
  },
  rename,
  syncDirectory: (path) =>
    syncFile(path).catch((thrown: unknown) => {
      // Some network file systems cannot sync a directory.
      if (systemErrorCode(thrown) !== "EINVAL") throw thrown;
    }),
};

/**
 * Writes a file atomically. Readers find the old or the new content, never a part of it, even after a kill or a power
 * cut. Several processes may write the same file; the last write wins.
 *
 * The content first goes to a partial file in the same directory. Its name starts with the file's name and ends with
 * `~`. A failure removes the partial file. The next write and {@link removeFile} remove those of killed processes.
 *
 * @param path of the file. Its directory must exist. A symbolic link is replaced, not followed.
 * @throws the file system's error, such as ENOSPC. The old file stays.
 */
export async function writeFileAtomically(
  path: string,
  content: string | Uint8Array,
  { mode, durable = true, steps = diskSteps }: AtomicWriteOptions,
): Promise<void> {
  await replace(path, { durable, steps }, (partial) => steps.create(partial, content, { mode, durable }));
}

/**
 * Creates a file atomically like {@link writeFileAtomically}, for content that is too large for memory or that another
 * program writes.
 *
 * @param make writes the content to the given path, which does not exist yet.
 * @param options.durable whether the file must survive a power cut. @default true
 * @throws the error of `make`, and the file system's error. The old file stays.
 */
export async function makeFileAtomically(
  path: string,
  make: (partial: string) => Promise<void>,
  { durable = true }: Pick<AtomicWriteOptions, "durable"> = {},
): Promise<void> {
  await replace(path, { durable, steps: diskSteps }, async (partial) => {
    await make(partial);
    if (durable) await syncFile(partial);
  });
}

async function replace(
  path: string,
  { durable, steps }: { readonly durable: boolean; readonly steps: WriteSteps },
  make: (partial: string) => Promise<void>,
): Promise<void> {
  await removePartials(path);
  const partial = partialOf(path);
  try {
    await make(partial);
    await steps.rename(partial, path);
  } catch (thrown) {
    await rm(partial, { force: true }).catch(() => undefined);
    throw thrown;
  }
  // Only a sync of the directory puts the new name on the disk.
  if (durable) await steps.syncDirectory(dirname(path));
}

async function syncFile(path: string): Promise<void> {
  const file = await open(path, "r");
  try {
    await file.sync();
  } finally {
    await file.close();
  }
}

/** Removes a file and the partial files of killed processes. A missing file is no error. */
export async function removeFile(path: string): Promise<void> {
  await rm(path, { force: true });
  await removePartials(path);
}

/** The longest time that a write can take, in milliseconds. */
const LONGEST_WRITE_MS = 3_600_000;

/** Programs that read whole directories, such as logrotate and sysctl, ignore names that end with `~`. */
function partialOf(path: string): string {
  return `${path}.${process.pid}-${Math.random().toString(36).slice(2)}~`;
}

async function removePartials(path: string): Promise<void> {
  const directory = dirname(path);
  const prefix = `${basename(path)}.`;
  const names = await readdir(directory).catch(() => []);
  for (const name of names.filter((candidate) => candidate.startsWith(prefix))) {
    const pid = /^(\d+)-[\da-z]*~$/.exec(name.slice(prefix.length))?.[1];
    if (pid === undefined) continue;
    const partial = join(directory, name);
    if (!isAlive(Number(pid)) || (await isOld(partial))) await rm(partial, { force: true });
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (thrown) {
    return systemErrorCode(thrown) !== "ESRCH";
  }
}

/** A new process may have the number of the killed one. */
async function isOld(path: string): Promise<boolean> {
  const { mtimeMs } = await stat(path).catch(() => ({ mtimeMs: Date.now() }));
  return Date.now() - mtimeMs > LONGEST_WRITE_MS;
}
