import { existsSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { runOrFail, runProcess } from "charm-kit";

/** Keeps what is made ready: several gigabytes. */
export const WHOLE_MACHINE = join(import.meta.dirname, "../../.cache/whole-machine");

const STEP_MS = 20 * 60_000;

/** What a run needs: what it is, its script, and the last file that the script makes. */
const PARTS = {
  emulator: { what: "the emulator", script: "emulator.sh", made: "interrupt-lock.so" },
  disk: { what: "the disk of the machine", script: "machine-disk.sh", made: "machine.raw" },
  base: { what: "the base image of virtual machines", script: "base-image.sh", made: "base/rootfs.img" },
  packages: { what: "newer packages of LXD", script: "newer-packages.sh", made: "packages/Release" },
} as const;

/** Makes the parts that are not there yet. Needs root and Debian 12. @throws Error when a script fails */
export async function makeReady(
  directory: string,
  parts: readonly (keyof typeof PARTS)[],
  say: (text: string) => void,
  signal: AbortSignal,
): Promise<void> {
  await mkdir(directory, { recursive: true });
  for (const { what, script, made } of parts.map((part) => PARTS[part])) {
    if (existsSync(join(directory, made))) continue;
    say(what);
    const command = ["bash", join(import.meta.dirname, script), directory];
    await runOrFail(runProcess, command, { action: `make ready: ${what}`, limitMs: STEP_MS, signal });
  }
}

/** Makes the disk of a run, which takes what the run writes: the machine's own disk stays as it was made. */
export async function makeFreshDisk(directory: string, signal: AbortSignal): Promise<void> {
  const [machine, run] = [join(directory, "machine.raw"), join(directory, "run.qcow2")];
  const command = ["qemu-img", "create", "-f", "qcow2", "-F", "raw", "-b", machine, run];
  await runOrFail(runProcess, command, { action: "make the disk", limitMs: STEP_MS, signal });
}
