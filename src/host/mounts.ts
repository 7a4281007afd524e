import { readFile, statfs } from "node:fs/promises";
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
    const table = await readFile(join(this.#paths.proc, "self/mountinfo"), "utf8");
    const escaped = path.replaceAll(" ", "\\040");
    return table.split("\n").some((line) => line.split(" ")[4] === escaped);
  }

  async isBtrfs(path: string): Promise<boolean> {
    return (await statfs(path)).type === BTRFS_MAGIC;
  }

  /** Free bytes at a path. */
  async freeBytes(path: string): Promise<number> {
    const { bavail, bsize } = await statfs(path);
    return bavail * bsize;
  }

  /** Bytes of the whole file system at a path, counted like LXD does. */
  async totalBytes(path: string): Promise<number> {
    const { blocks, bsize } = await statfs(path);
    return blocks * bsize;
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
