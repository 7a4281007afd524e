import { mkdir, readdir, rename, rm, rmdir, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { KeptLogs, RunnerLogs } from "../runners/ports.ts";
import type { LxdClient } from "lxd-client";
import { guestWords } from "./guest-words.ts";

export interface LxdRunnerLogsOptions {
  readonly client: LxdClient;
  /** Directory of the runner application's diagnostics in the guest. */
  readonly diagnosticsInGuest: string;
  /** The systemd unit in the guest that starts the runner application. */
  readonly unitInGuest: string;
  /** Absolute path on the host of the directory with a directory for each runner. */
  readonly directory: string;
}

const MIB = 2 ** 20;
const MOST_FILES = 50;
const LARGEST_FILE_BYTES = 4 * MIB;
/** Most bytes of all logs of one runner, including the journal. */
const MOST_BYTES = 32 * MIB;
const LIST_BYTES = 256 * 1024;
const JOURNAL_LIMIT_MS = 20_000;
const FILE_LIMIT_MS = 5_000;

/** Untrusted names: a slash or a leading dot could point elsewhere on the host. */
const SAFE_NAME = /^[A-Za-z0-9_][A-Za-z0-9._-]{0,120}$/;
/** Names of the application's own logs, which come before files of a job. */
const OF_APPLICATION = /^(?:Runner|Worker)_/;
/** Suffix of an incomplete directory. */
const UNFINISHED = ".new";

/** Reads files with programs in the guest: LXD's file API would block on a pipe forever, and so would a stop. */
const LIST = 'cd "$1" && find . -maxdepth 1 -type f -print0';
const READ = '[ -f "$1" ] && [ ! -L "$1" ] && exec tail -c "$2" -- "$1"';

/** A file on the host, and the guest's command that prints it. */
interface Piece {
  readonly file: string;
  readonly command: (bytes: number) => readonly [string, ...string[]];
  readonly limitMs: number;
}

const JOURNAL: Piece = {
  file: "journal.log",
  command: () => ["journalctl", "--no-pager", "--output=short-iso", "--lines=20000"],
  limitMs: JOURNAL_LIMIT_MS,
};

/** Copies logs from instances. Untrusted: only regular files, bounded in number, size and time. */
export class LxdRunnerLogs implements RunnerLogs {
  readonly #directory: string;
  readonly #client: LxdClient;
  readonly #diagnosticsInGuest: string;
  readonly #unitInGuest: string;

  constructor({ client, diagnosticsInGuest, unitInGuest, directory }: LxdRunnerLogsOptions) {
    this.#directory = directory;
    this.#client = client;
    this.#diagnosticsInGuest = diagnosticsInGuest;
    this.#unitInGuest = unitInGuest;
  }

  async pull(name: string, signal: AbortSignal): Promise<string> {
    const directory = join(this.#directory, name);
    const unfinished = `${directory}${UNFINISHED}`;
    await rm(unfinished, { recursive: true, force: true });
    await mkdir(unfinished, { recursive: true, mode: 0o700 });
    try {
      await this.#fill(name, unfinished, signal);
      await rm(directory, { recursive: true, force: true });
      await rename(unfinished, directory);
    } finally {
      await rm(unfinished, { recursive: true, force: true });
    }
    return directory;
  }

  lastWords(name: string, signal: AbortSignal): Promise<string | undefined> {
    return guestWords(this.#client, name, this.#unitInGuest, signal);
  }

  async kept(): Promise<readonly KeptLogs[]> {
    const names = await readdir(this.#directory).catch(() => []);
    return Promise.all(
      names.map(async (name) => ({
        runner: name.endsWith(UNFINISHED) ? name.slice(0, -UNFINISHED.length) : name,
        pulledAt: (await stat(join(this.#directory, name))).mtimeMs,
      })),
    );
  }

  async delete(name: string): Promise<void> {
    for (const suffix of ["", UNFINISHED]) {
      await rm(join(this.#directory, `${name}${suffix}`), { recursive: true, force: true });
    }
    // The last one also deletes the directory.
    await rmdir(this.#directory).catch(() => undefined);
  }

  /** Copies the other files when one fails. */
  async #fill(name: string, directory: string, signal: AbortSignal): Promise<void> {
    const failures: unknown[] = [];
    const softly = async <T>(work: Promise<T>, otherwise: T): Promise<T> => {
      try {
        return await work;
      } catch (thrown) {
        signal.throwIfAborted();
        failures.push(thrown);
        return otherwise;
      }
    };
    let left = MOST_BYTES;
    for (const piece of [JOURNAL, ...(await softly(this.#diagnostics(name, signal), []))]) {
      const bytes = Math.min(LARGEST_FILE_BYTES, left);
      if (bytes > 0) left -= await softly(this.#pullPiece(name, piece, { directory, bytes }, signal), 0);
    }
    if (left === MOST_BYTES && failures.length > 0) throw failures[0];
  }

  /** @returns the number of bytes written. */
  async #pullPiece(
    name: string,
    { file, command, limitMs }: Piece,
    { directory, bytes }: { readonly directory: string; readonly bytes: number },
    signal: AbortSignal,
  ): Promise<number> {
    const { stdout } = await this.#client.exec.run(
      name,
      { command: command(bytes), maxOutputBytes: bytes, overflow: "keep-end", limitMs },
      signal,
    );
    if (stdout === "") return 0;
    await writeFile(join(directory, file), stdout, { mode: 0o600 });
    return Buffer.byteLength(stdout);
  }

  async #diagnostics(name: string, signal: AbortSignal): Promise<readonly Piece[]> {
    const { stdout } = await this.#client.exec.run(
      name,
      {
        command: ["/bin/sh", "-c", LIST, "-", this.#diagnosticsInGuest],
        maxOutputBytes: LIST_BYTES,
        overflow: "keep-end",
        limitMs: FILE_LIMIT_MS,
      },
      signal,
    );
    return chooseFiles(stdout.split("\0").map((path) => path.replace(/^\.\//, ""))).map((file) => ({
      file,
      command: (bytes) => ["/bin/sh", "-c", READ, "-", `${this.#diagnosticsInGuest}/${file}`, String(bytes)],
      limitMs: FILE_LIMIT_MS,
    }));
  }
}

/** The application's logs first, newest first. Their names end with the time. */
export function chooseFiles(names: readonly string[]): readonly string[] {
  const safe = names
    .filter((name) => SAFE_NAME.test(name) && name !== JOURNAL.file)
    .sort()
    .reverse();
  const [own, others] = [true, false].map((isOwn) =>
    safe.filter((name) => OF_APPLICATION.test(name) === isOwn),
  );
  return [...(own ?? []), ...(others ?? [])].slice(0, MOST_FILES);
}
