import { readFile } from "node:fs/promises";
import { runWell, type Run } from "./run.ts";

const LIMIT_MS = 10_000;
/** The same place can be mounted on more than once, by a process that was killed before it could say so. */
const MOST_LAYERS = 16;

/**
 * Bounded in bytes and in files, whatever a guest does with it; open to every user of the guest, whose numbers on the host
 * differ from container to container. Only root of the host gets to the directory that it is mounted on.
 */
const OPTIONS = "size=1m,nr_inodes=64,mode=0777,nosuid,nodev,noexec";

/** Mounts a small file system of its own on a directory. */
export async function mountShare(directory: string, run: Run, signal: AbortSignal): Promise<void> {
  const options = { action: `mount '${directory}'`, limitMs: LIMIT_MS, signal };
  await runWell(run, ["mount", "-t", "tmpfs", "-o", OPTIONS, "github-runner", directory], options);
}

/** Takes every mount on a directory away; where there is none, nothing happens. */
export async function unmountShare(directory: string, run: Run, signal: AbortSignal): Promise<void> {
  const options = { action: `unmount '${directory}'`, limitMs: LIMIT_MS, signal };
  for (let layer = 0; layer < MOST_LAYERS && (await isMounted(directory)); layer++) {
    // Lazy: an open file somewhere is no reason to keep it.
    await runWell(run, ["umount", "--lazy", directory], options);
  }
}

async function isMounted(directory: string): Promise<boolean> {
  const mounts = await readFile("/proc/self/mountinfo", "utf8");
  return mountPoints(mounts).includes(directory);
}

/** Mount points of a `mountinfo` (proc(5)), in which a space stands as `\040`. */
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
