import { readFile, stat, statfs } from "node:fs/promises";
import { join } from "node:path";
import { NOT_STARTED, runOrFail, type RunProcess } from "charm-kit";
import type { HostPaths } from "./host-paths.ts";

const LIMIT_MS = 60_000;
const BTRFS_MAGIC = 0x9123683e;

/** Programs and mounts of the machine that a storage pool needs. */
export class Mounts {
  readonly #paths: HostPaths;
  readonly #run: RunProcess;

  constructor(paths: HostPaths, run: RunProcess) {
    this.#paths = paths;
    this.#run = run;
  }

  /** Whether a path is a mount point. */
  async isMounted(path: string): Promise<boolean> {
    return (await this.sourceOf(path)) !== undefined;
  }

  /** What is mounted at a path, such as `/dev/loop0`; undefined when it is no mount point. */
  async sourceOf(path: string): Promise<string | undefined> {
    // Of several mounts at one path, the last one is visible.
    return (await this.#table()).findLast(({ mount }) => mount === path)?.source;
  }

  /** Whether a path is on the same file system, or on the same volume, as one of the others. Missing ones are ignored. */
  async isOnSameDisk(path: string, others: readonly string[]): Promise<boolean> {
    const table = await this.#table();
    const own = await diskOf(path, table);
    const disks = await Promise.all(others.map((other) => diskOf(other, table)));
    return disks.some((disk) => disk !== undefined && own !== undefined && isSameDisk(own, disk));
  }

  async #table(): Promise<readonly Mount[]> {
    return parseMounts(await readFile(join(this.#paths.proc, "self/mountinfo"), "utf8"));
  }

  async isBtrfs(path: string): Promise<boolean> {
    return (await statfs(path)).type === BTRFS_MAGIC;
  }

  /** Bytes of the file system at a path: those that are free, and all of them, counted like LXD does. */
  async space(path: string): Promise<{ readonly free: number; readonly total: number }> {
    const { bavail, blocks, bsize } = await statfs(path);
    return { free: bavail * bsize, total: blocks * bsize };
  }

  /** The installed ones of the programs. */
  async programs(names: readonly string[], signal: AbortSignal): Promise<readonly string[]> {
    const options = (name: string) => ({ action: `look for ${name}`, limitMs: LIMIT_MS, signal });
    const found = names.map(async (name) => {
      const { exitCode } = await this.#run([name, "--version"], options(name));
      return exitCode === NOT_STARTED ? [] : [name];
    });
    return (await Promise.all(found)).flat();
  }

  async mount(words: readonly string[], signal: AbortSignal): Promise<void> {
    await this.run("mount the runners' storage", ["mount", ...words], signal);
  }

  /** Unmounts a path, even when it is in use. */
  async unmount(path: string, signal: AbortSignal): Promise<void> {
    if (!(await this.isMounted(path))) return;
    const options = { action: "unmount the runners' storage", limitMs: LIMIT_MS, signal };
    const { exitCode } = await this.#run(["umount", path], options);
    if (exitCode !== 0) await this.run(options.action, ["umount", "--lazy", path], signal);
  }

  /** @throws ProcessError when it fails. */
  async run(action: string, words: readonly string[], signal: AbortSignal): Promise<void> {
    await runOrFail(this.#run, words, { action, limitMs: LIMIT_MS, signal });
  }

  /** Runs a program and ignores its exit code. */
  async attempt(action: string, words: readonly string[], signal: AbortSignal): Promise<boolean> {
    return (await this.#run(words, { action, limitMs: LIMIT_MS, signal })).exitCode === 0;
  }
}

/** A line of `/proc/self/mountinfo`. */
interface Mount {
  readonly mount: string;
  /** A device, a ZFS dataset, or a name such as `tmpfs`. */
  readonly source: string;
}

interface Disk {
  readonly device: number;
  readonly source: string | undefined;
}

/** Parses `/proc/self/mountinfo`. Pure. */
export function parseMounts(table: string): readonly Mount[] {
  return table
    .split("\n")
    .filter(Boolean)
    .map((line) => {
      const [before = "", after = ""] = line.split(" - ");
      return { mount: unescape(before.split(" ")[4] ?? ""), source: unescape(after.split(" ")[1] ?? "") };
    });
}

/** The kernel writes blanks and backslashes of paths as octal numbers. */
function unescape(text: string): string {
  return text.replaceAll(/\\([0-7]{3})/g, (_, digits: string) =>
    String.fromCharCode(Number.parseInt(digits, 8)),
  );
}

async function diskOf(path: string, table: readonly Mount[]): Promise<Disk | undefined> {
  const device = await stat(path).then(
    ({ dev }) => dev,
    () => undefined,
  );
  if (device === undefined) return undefined;
  const around = table.filter(({ mount }) => mount === "/" || path === mount || path.startsWith(`${mount}/`));
  const deepest = Math.max(...around.map(({ mount }) => mount.length));
  return { device, source: around.findLast(({ mount }) => mount.length === deepest)?.source };
}

/** Subvolumes of btrfs and datasets of ZFS are devices of their own with the space of their volume. */
function isSameDisk(one: Disk, other: Disk): boolean {
  if (one.device === other.device) return true;
  const [left, right] = [one, other].map(({ source }) => volumeOf(source ?? ""));
  return left !== undefined && left === right;
}

/** The block device, or the ZFS pool of a dataset; undefined for file systems without a device, such as `tmpfs`. */
function volumeOf(source: string): string | undefined {
  if (source.startsWith("/")) return source;
  return /^([\w.-]+)\//.exec(source)?.[1];
}
