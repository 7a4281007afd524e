import { readdir, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { messageOf, type Clock, type Logger } from "charm-kit";
import type { LxdClient } from "lxd-client";
import type { ServerLogs } from "../unit/ports.ts";

export interface LxdServerLogsOptions {
  readonly client: LxdClient;
  /** Absolute path of LXD's directory with a directory for each instance. */
  readonly directory: string;
  /** Whether an instance of this name is, or was, one of the unit's. */
  readonly isOwn: (name: string) => boolean;
  readonly clock: Clock;
  readonly log: Logger;
}

/** How long the logs of an instance that is gone are kept for a person. */
const KEPT_MS = 60 * 60_000;
/** Most directories that one sweep deletes. */
const MOST_DELETIONS = 500;

/** LXD's logs of the unit's instances: LXD leaves a directory for each of them. */
export class LxdServerLogs implements ServerLogs {
  readonly #options: LxdServerLogsOptions;

  constructor(options: LxdServerLogsOptions) {
    this.#options = options;
  }

  sweep(signal: AbortSignal): Promise<void> {
    return this.#delete(KEPT_MS, signal);
  }

  remove(signal: AbortSignal): Promise<void> {
    return this.#delete(0, signal);
  }

  async #delete(minAgeMs: number, signal: AbortSignal): Promise<void> {
    const { client, directory, log } = this.#options;
    try {
      const old = await this.#olderThan(minAgeMs);
      if (old.length === 0) return;
      // Read after the directories: LXD knows an instance before it writes logs for it.
      const instances = new Set((await client.instances.list(undefined, signal)).map(({ name }) => name));
      const gone = old.filter((name) => !instances.has(name)).slice(0, MOST_DELETIONS);
      for (const name of gone) await rm(join(directory, name), { recursive: true, force: true });
    } catch (thrown) {
      signal.throwIfAborted();
      log.warning("Cannot delete LXD's logs of former instances", { directory, reason: messageOf(thrown) });
    }
  }

  /** Names of the unit's directories that LXD has not changed for a time. */
  async #olderThan(minAgeMs: number): Promise<readonly string[]> {
    const { clock, directory, isOwn } = this.#options;
    const entries = await readdir(directory, { withFileTypes: true }).catch(() => []);
    const names = entries.filter((entry) => entry.isDirectory() && isOwn(entry.name)).map(({ name }) => name);
    const aged = names.map(async (name) => {
      const { mtimeMs } = await stat(join(directory, name));
      return clock.now() - mtimeMs >= minAgeMs ? [name] : [];
    });
    return (await Promise.all(aged)).flat();
  }
}
