import { constants, open } from "node:fs/promises";
import { join } from "node:path";
import { systemErrorCode } from "charm-kit";
import type { FileSession, LxdClient } from "lxd-client";

/** A log of a guest. Untrusted. */
export interface LogSource {
  /** Name of the file on the host. */
  readonly file: string;
  /** Reads the end of it; empty when there is nothing. */
  readonly read: (bytes: number, signal: AbortSignal) => Promise<string>;
}

export interface GuestLogPaths {
  /** Directory of the runner application's diagnostics. */
  readonly diagnostics: string;
  /** The end of the journal, which the guest writes when its application fails. */
  readonly endJournal: string;
}

/** An instance whose logs are read. */
export interface LogOwner {
  readonly client: LxdClient;
  readonly name: string;
  readonly paths: GuestLogPaths;
}

const MOST_FILES = 50;
/** Most names of a directory that are looked at. */
const MOST_NAMES = 5000;
const LIST_BYTES = 256 * 1024;
const JOURNAL_LIMIT_MS = 20_000;
const FILE_LIMIT_MS = 5_000;
export const JOURNAL_FILE = "journal.log";
export const CONSOLE_FILE = "console.log";
export const REPORT_FILE = "report.json";
const OWN_FILES: readonly string[] = [JOURNAL_FILE, CONSOLE_FILE, REPORT_FILE];

/** Untrusted names: a slash or a leading dot could point elsewhere on the host. */
const SAFE_NAME = /^[A-Za-z0-9_][A-Za-z0-9._-]{0,120}$/;
/** Names of the application's own logs, which come before files of a job. */
const OF_APPLICATION = /^(?:Runner|Worker)_/;

/** Reads files with programs in the guest: LXD's file API would block on a pipe forever, and so would a stop. */
const LIST = 'cd "$1" && find . -maxdepth 1 -type f -print0';
const READ = '[ -f "$1" ] && [ ! -L "$1" ] && exec tail -c "$2" -- "$1"';

/** The journal of a running instance. */
export function liveJournal({ client, name }: LogOwner): LogSource {
  const command = ["journalctl", "--no-pager", "--output=short-iso", "--lines=20000"] as const;
  return { file: JOURNAL_FILE, read: output(client, name, () => command, JOURNAL_LIMIT_MS) };
}

/** The diagnostics of a running instance. */
export async function liveDiagnostics(
  { client, name, paths: { diagnostics } }: LogOwner,
  signal: AbortSignal,
): Promise<readonly LogSource[]> {
  const list = output(client, name, () => ["/bin/sh", "-c", LIST, "-", diagnostics], FILE_LIMIT_MS);
  const names = (await list(LIST_BYTES, signal)).split("\0").map((path) => path.replace(/^\.\//, ""));
  return chooseFiles(names).map((file) => ({
    file,
    read: output(
      client,
      name,
      (bytes) => ["/bin/sh", "-c", READ, "-", `${diagnostics}/${file}`, String(bytes)],
      FILE_LIMIT_MS,
    ),
  }));
}

/** The end of the journal of a stopped instance. */
export function restJournal(session: FileSession, { paths: { endJournal } }: LogOwner): LogSource {
  return { file: JOURNAL_FILE, read: fromSession(session, endJournal) };
}

/** The diagnostics of a stopped instance. */
export async function restDiagnostics(
  session: FileSession,
  { paths: { diagnostics } }: LogOwner,
  signal: AbortSignal,
): Promise<readonly LogSource[]> {
  const entries = await session.list(diagnostics, MOST_NAMES, signal);
  const files = entries.filter(({ type, sizeBytes }) => type === "file" && sizeBytes > 0);
  return chooseFiles(files.map(({ name }) => name)).map((file) => ({
    file,
    read: fromSession(session, `${diagnostics}/${file}`),
  }));
}

/** The console as LXD keeps it while there is an instance. */
export function consoleLog({ client, name }: LogOwner): LogSource {
  return {
    file: CONSOLE_FILE,
    read: (bytes, signal) => client.instances.consoleLog(name, bytes, signal),
  };
}

/**
 * The console that LXD leaves of an instance that is gone.
 *
 * @param directory absolute path of LXD's logs, with a directory for each instance.
 */
export function leftConsole(directory: string, name: string): LogSource {
  return { file: CONSOLE_FILE, read: (bytes) => endOfFile(join(directory, name, "console.log"), bytes) };
}

/** The application's logs first, newest first. Their names end with the time. */
export function chooseFiles(names: readonly string[]): readonly string[] {
  const safe = names
    .filter((name) => SAFE_NAME.test(name) && !OWN_FILES.includes(name))
    .sort()
    .reverse();
  const [own, others] = [true, false].map((isOwn) =>
    safe.filter((name) => OF_APPLICATION.test(name) === isOwn),
  );
  return [...(own ?? []), ...(others ?? [])].slice(0, MOST_FILES);
}

function output(
  client: LxdClient,
  name: string,
  command: (bytes: number) => readonly [string, ...string[]],
  limitMs: number,
): LogSource["read"] {
  return async (bytes, signal) => {
    const request = {
      command: command(bytes),
      maxOutputBytes: bytes,
      overflow: "keep-end",
      limitMs,
    } as const;
    return (await client.exec.run(name, request, signal)).stdout;
  };
}

function fromSession(session: FileSession, path: string): LogSource["read"] {
  return async (bytes, signal) => (await session.readEnd(path, bytes, signal)).toString();
}

const { O_NOFOLLOW, O_NONBLOCK, O_RDONLY } = constants;

async function endOfFile(path: string, bytes: number): Promise<string> {
  try {
    const file = await open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
    try {
      const stats = await file.stat();
      if (!stats.isFile()) return "";
      const length = Math.min(bytes, stats.size);
      const { buffer, bytesRead } = await file.read(Buffer.alloc(length), 0, length, stats.size - length);
      return buffer.subarray(0, bytesRead).toString();
    } finally {
      await file.close();
    }
  } catch (thrown) {
    if (systemErrorCode(thrown) === "ENOENT") return "";
    throw thrown;
  }
}
