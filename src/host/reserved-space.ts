import { existsSync } from "node:fs";
import { stat } from "node:fs/promises";
import { formatSize, messageOf, type Logger } from "charm-kit";
import type { Mounts } from "./mounts.ts";
import type { PoolDisk } from "./pool-disk.ts";

export interface ReservedSpaceOptions {
  readonly disk: PoolDisk;
  readonly mounts: Mounts;
  /** Gets a line when a file cannot be reserved. */
  readonly log: Logger;
}

/** The blocks that the files of pools have of the disk below them. */
export class ReservedSpace {
  readonly #options: ReservedSpaceOptions;

  constructor(options: ReservedSpaceOptions) {
    this.#options = options;
  }

  /**
   * Takes all blocks of a pool's file from the disk below, also while it is in use, so that others cannot fill them: the
   * kernel keeps a file system whose blocks could not be written read-only until it is mounted again. Leaves the file as
   * it is where the disk has no room for the rest of it, and takes a part of a large file at a time where that lasts too long.
   * Safe to repeat.
   *
   * @param base the directory whose disk has the file.
   * @param path a missing file is ignored.
   */
  async reserve(base: string, path: string, signal: AbortSignal): Promise<void> {
    if (!existsSync(path)) return;
    const { disk, log } = this.#options;
    const { bytes, fits } = await disk.missing(base, path);
    if (bytes === 0) return;
    const reason = fits ? await this.#take(path, signal) : "the disk lacks the room";
    if (reason !== undefined)
      log.info("A pool's file is not reserved", { path, missing: formatSize(bytes), reason });
  }

  /** Runners work without. @returns why not */
  async #take(path: string, signal: AbortSignal): Promise<string | undefined> {
    const words = ["fallocate", "-l", String((await stat(path)).size), path];
    try {
      const isTaken = await this.#options.mounts.attempt("reserve the runners' storage", words, signal);
      return isTaken ? undefined : "its file system reserves no blocks";
    } catch (thrown) {
      signal.throwIfAborted();
      return messageOf(thrown);
    }
  }
}
