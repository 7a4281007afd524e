import { readFile } from "node:fs/promises";
import { runOrFail, type RunProcess } from "charm-kit";

const LIMIT_MS = 10_000;
/** A killed process may have mounted on the same directory before. */
const MOST_LAYERS = 16;

/**
 * Bounded in bytes and inodes. Open to every user of the guest, since their host UIDs
 * differ between containers. Only the host's root can reach the mount point.
 */
const OPTIONS = "size=1m,nr_inodes=64,mode=0777,nosuid,nodev,noexec";

/** Mounts a small tmpfs on a directory. */
export async function mountShare(directory: string, run: RunProcess, signal: AbortSignal): Promise<void> {
  const options = { action: `mount '${directory}'`, limitMs: LIMIT_MS, signal };
  await runOrFail(run, ["mount", "-t", "tmpfs", "-o", OPTIONS, "github-runner", directory], options);
}

/** Removes every mount on a directory. */
export async function unmountShare(directory: string, run: RunProcess, signal: AbortSignal): Promise<void> {
  const options = { action: `unmount '${directory}'`, limitMs: LIMIT_MS, signal };
  for (let layer = 0; layer < MOST_LAYERS && (await isMounted(directory)); layer++) {
    // Lazy, so that an open file does not keep the mount.
    await runOrFail(run, ["umount", "--lazy", directory], options);
  }
}

/** Whether anything is mounted on a directory. */
export async function isMounted(directory: string): Promise<boolean> {
  const mounts = await readFile("/proc/self/mountinfo", "utf8");
  return mountPoints(mounts).includes(directory);
}

/** Mount points in `mountinfo` (proc(5)), which escapes a space as `\040`. */
export function mountPoints(mountinfo: string): readonly string[] {
  return mountinfo
    .split("\n")
    .map((line) => line.split(" ")[4] ?? "")
    .map((escaped) =>
      escaped.replace(/\\([0-7]{3})/g, (_whole, digits: string) =>
        String.fromCharCode(Number.parseInt(digits, 8)),
      ),
    );
}
