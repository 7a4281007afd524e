import { stat, watch } from "node:fs/promises";
import { basename, dirname } from "node:path";
import { type Clock, type Logger, messageOf } from "charm-kit";

export interface WatchFileOptions {
  /** Absolute. */
  readonly path: string;
  /** Called when the file has changed, appeared or gone. */
  readonly onChange: () => void;
  readonly clock: Clock;
  readonly log: Logger;
  /** Names of changed files of a directory. @default the kernel's events */
  readonly follow?: (directory: string, signal: AbortSignal) => AsyncIterable<string | null>;
}

/** How often the file is looked at while the kernel tells of its changes: it does not tell of all of them. */
const SLOW_MS = 60_000;
/** How often it is looked at while the kernel tells nothing: the directory is missing, or the kernel has no watches left. */
const FAST_MS = 5_000;

/**
 * Follows a file. Follows its directory, since an atomic write gives the file a new inode; several changes may be one call.
 * No error ends it: without the kernel's events, the file is looked at by the clock.
 *
 * @throws the signal's reason.
 */
export async function watchFile(options: WatchFileOptions, signal: AbortSignal): Promise<never> {
  const { path, onChange, clock, log } = options;
  let known = await identify(path);
  let told: string | undefined;
  const inspect = async () => {
    const seen = await identify(path);
    if (seen === known) return;
    known = seen;
    onChange();
  };
  for (;;) {
    const reason = await followOnce(options, inspect, signal);
    signal.throwIfAborted();
    if (reason !== undefined && reason !== told)
      log.warning("Cannot watch a file; polling it", { path, reason });
    told = reason;
    await clock.wait(FAST_MS, signal);
    await inspect();
  }
}

/** @returns why the kernel tells nothing any more; undefined when the directory has been replaced. */
async function followOnce(
  { path, clock, follow = namesOf }: WatchFileOptions,
  inspect: () => Promise<void>,
  signal: AbortSignal,
): Promise<string | undefined> {
  const directory = dirname(path);
  const ended = new AbortController();
  const running = AbortSignal.any([signal, ended.signal]);
  const before = await identify(directory, directoryKey);
  let reason: string | undefined;
  const following = (async () => {
    try {
      for await (const name of follow(directory, running)) {
        if (name === null || name === basename(path)) await inspect();
      }
      reason = "the events have ended";
    } catch (thrown) {
      reason = messageOf(thrown);
    } finally {
      ended.abort();
    }
  })();
  try {
    // A change before the first event.
    await inspect();
    for (;;) {
      await clock.wait(SLOW_MS, running).catch(() => undefined);
      if (running.aborted) return reason ?? "the watch has ended";
      await inspect();
      // A watch stays with a directory that is gone.
      if ((await identify(directory, directoryKey)) !== before) return undefined;
    }
  } finally {
    ended.abort();
    await following;
  }
}

async function* namesOf(directory: string, signal: AbortSignal): AsyncIterable<string | null> {
  for await (const { filename } of watch(directory, { signal })) yield filename;
}

interface Identity {
  readonly dev: number;
  readonly ino: number;
  readonly size: number;
  readonly mode: number;
  readonly mtimeMs: number;
  readonly ctimeMs: number;
}

const fileKey = ({ dev, ino, size, mode, mtimeMs, ctimeMs }: Identity) =>
  [dev, ino, size, mode, mtimeMs, ctimeMs].join();
const directoryKey = ({ dev, ino }: Identity) => [dev, ino].join();

async function identify(path: string, by: (found: Identity) => string = fileKey): Promise<string> {
  return stat(path).then(by, (thrown: unknown) => `none: ${messageOf(thrown)}`);
}
