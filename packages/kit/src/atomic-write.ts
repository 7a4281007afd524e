import { open, readdir, rename, rm, stat } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { systemErrorCode } from "./errors.ts";

/** How {@link writeFileAtomically} writes a file. */
export interface AtomicWriteOptions {
  /** Permission bits of the file, whatever the process's umask, such as `0o600`. */
  readonly mode: number;
  /**
   * Waits until the disk has the file and its name. Without it the file still changes in one step, but a power cut may
   * leave a damaged one: enough for a cache.
   *
   * @default true
   */
  readonly durable?: boolean;
  /** The single steps. @default {@link diskSteps} */
  readonly steps?: WriteSteps;
}

/** The steps in which {@link writeFileAtomically} writes; tests make one of them fail. */
export interface WriteSteps {
  /** Creates a file that does not exist yet, never through a symbolic link. */
  create(
    path: string,
    content: string | Uint8Array,
    options: { mode: number; durable: boolean },
  ): Promise<void>;
  rename(from: string, to: string): Promise<void>;
  /** Waits until the disk has the names in a directory. */
  syncDirectory(path: string): Promise<void>;
}

/** The steps on the machine's disk. */
export const diskSteps: WriteSteps = {
  create: async (path, content, { mode, durable }) => {
    // "wx" also refuses a symbolic link that somebody has put in the way.
    const file = await open(path, "wx", mode);
    try {
      // The umask may have taken permissions away at creation.
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
 * Writes a file in one step: readers, and the next process after a kill or a power cut, find the old or the new
 * content, never a part of it. Several processes may write the same file; the last one wins.
 *
 * The content is first written to a partial file in the same directory, whose name starts with the file's name and ends
 * with `~`. A failure removes it. The next write or {@link removeFile} removes partial files of killed processes.
 *
 * @param path of the file; its directory must exist. A symbolic link is replaced, not followed.
 * @throws the file system's error, such as ENOSPC; the old file stays then.
 */
export async function writeFileAtomically(
  path: string,
  content: string | Uint8Array,
  { mode, durable = true, steps = diskSteps }: AtomicWriteOptions,
): Promise<void> {
  await replace(path, { durable, steps }, (partial) => steps.create(partial, content, { mode, durable }));
}

/**
 * Makes a file in one step, like {@link writeFileAtomically}, for content that does not fit into memory or that another
 * program writes.
 *
 * @param make writes the content to the path that it gets, which does not exist yet.
 * @param options.durable waits until the disk has the file. @default true
 * @throws whatever `make` throws, and the file system's error; the old file stays then.
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
  // A rename is on the disk only once its directory is.
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

/** Removes a file and the partial files that killed processes have left of it. A missing file is no error. */
export async function removeFile(path: string): Promise<void> {
  await rm(path, { force: true });
  await removePartials(path);
}

/** Milliseconds after which no write is under way any more. */
const LONGEST_WRITE_MS = 3_600_000;

/** Names that end with `~` are ignored by programs that read whole directories, such as logrotate and sysctl. */
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

/** Another process may have the number of the one that was killed. */
async function isOld(path: string): Promise<boolean> {
  const { mtimeMs } = await stat(path).catch(() => ({ mtimeMs: Date.now() }));
  return Date.now() - mtimeMs > LONGEST_WRITE_MS;
}
