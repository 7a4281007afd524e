import { watch } from "node:fs/promises";
import { basename, dirname } from "node:path";
import { type Clock, systemErrorCode } from "charm-kit";

/** How often a directory that does not exist yet is looked for. */
const LOOK_MS = 5_000;

/**
 * Calls `onChange` when a file changes or is replaced. Follows its directory, since an atomic write gives the file a new
 * inode. A burst of changes may be one call.
 *
 * @throws the signal's reason.
 */
export async function watchFile(
  path: string,
  onChange: () => void,
  clock: Clock,
  signal: AbortSignal,
): Promise<never> {
  for (;;) {
    try {
      for await (const { filename } of watch(dirname(path), { signal })) {
        if (filename === null || filename === basename(path)) onChange();
      }
    } catch (thrown) {
      signal.throwIfAborted();
      if (systemErrorCode(thrown) !== "ENOENT") throw thrown;
    }
    signal.throwIfAborted();
    // The directory is gone, or not there yet.
    await clock.wait(LOOK_MS, signal);
    onChange();
  }
}
