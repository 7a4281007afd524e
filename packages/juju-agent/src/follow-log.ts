import { watch } from "node:fs";
import { open, stat, type FileHandle } from "node:fs/promises";
import { basename, dirname } from "node:path";

import { withResolvers } from "charm-kit";
import { readLastLines } from "./agent-log.ts";

/**
 * Passes on the last lines of a log file, and then new ones, until the signal is aborted. Goes over to a new file when the
 * log is rotated.
 */
export async function followLog(
  path: string,
  lines: number,
  onLine: (line: string) => void,
  signal: AbortSignal,
): Promise<void> {
  const tail = new LogTail(path, onLine);
  const changes = watchFile(path, signal);
  try {
    await tail.begin(lines);
    while (!signal.aborted) {
      await tail.read();
      await changes.next();
    }
  } finally {
    await tail.close();
  }
}

/** Reports changes of a file, which may be created or replaced later. */
function watchFile(path: string, signal: AbortSignal): { readonly next: () => Promise<void> } {
  let pending = withResolvers<undefined>();
  const wake = () => {
    pending.resolve(undefined);
  };
  const watcher = watch(dirname(path), { signal });
  watcher.on("change", (_kind, name) => {
    if (name === basename(path)) wake();
  });
  watcher.on("error", wake);
  signal.addEventListener("abort", wake, { once: true });
  return {
    next: async () => {
      if (!signal.aborted) await pending.promise;
      pending = withResolvers();
    },
  };
}

class LogTail {
  readonly #path: string;
  readonly #onLine: (line: string) => void;
  #file: FileHandle | undefined;
  #offset = 0;
  #rest: Buffer = Buffer.alloc(0);

  constructor(path: string, onLine: (line: string) => void) {
    this.#path = path;
    this.#onLine = onLine;
  }

  async begin(lines: number): Promise<void> {
    this.#file = await open(this.#path).catch(() => undefined);
    // New lines are those behind this size, even when they are written before the last lines are read.
    this.#offset = (await this.#file?.stat())?.size ?? 0;
    for (const line of await readLastLines(this.#path, lines, this.#offset)) this.#onLine(line);
  }

  async read(): Promise<void> {
    await this.#drain();
    const named = await stat(this.#path).catch(() => undefined);
    const opened = await this.#file?.stat();
    if (named === undefined || named.ino === opened?.ino) return;
    // The log was rotated or created: a last look at the old file, then the new one from its start.
    await this.#drain();
    await this.#file?.close();
    this.#file = await open(this.#path).catch(() => undefined);
    this.#offset = 0;
    await this.#drain();
  }

  async close(): Promise<void> {
    await this.#file?.close();
  }

  async #drain(): Promise<void> {
    for (;;) {
      const part = await this.#file?.read(Buffer.alloc(64 * 1024), 0, 64 * 1024, this.#offset);
      if (part === undefined || part.bytesRead === 0) return;
      this.#offset += part.bytesRead;
      const bytes = Buffer.concat([this.#rest, part.buffer.subarray(0, part.bytesRead)]);
      const end = bytes.lastIndexOf(10);
      this.#rest = bytes.subarray(end + 1);
      if (end >= 0) for (const line of bytes.toString("utf8", 0, end).split("\n")) this.#onLine(line);
    }
  }
}
