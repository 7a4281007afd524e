import { open, rename, rm, stat, truncate } from "node:fs/promises";
import type { Mounts } from "./mounts.ts";
import type { PoolPaths } from "./pool-paths.ts";

/** File systems in a pool's file: btrfs in a loop file, or a ZFS pool. */
export class PoolFileSystem {
  readonly #mounts: Mounts;
  readonly #paths: PoolPaths;

  constructor(mounts: Mounts, paths: PoolPaths) {
    this.#mounts = mounts;
    this.#paths = paths;
  }

  /**
   * Creates a sparse loop file with btrfs. Atomic, since the next attempt would mount a partial file system.
   */
  async makeLoopFile(base: string, bytes: number, signal: AbortSignal): Promise<void> {
    const partial = this.#paths.partial(base);
    await rm(partial, { force: true });
    await makeSparse(partial, bytes);
    await this.#mounts.run("format the runners' storage", ["mkfs.btrfs", "-q", "-f", partial], signal);
    await rename(partial, this.#paths.file(base));
  }

  /** Makes a mounted loop file and its btrfs larger. */
  async growLoopFile(path: string, bytes: number, signal: AbortSignal): Promise<void> {
    const mount = this.#paths.loopMount;
    const device = await this.#mounts.sourceOf(mount);
    if (device === undefined) return;
    await truncate(path, bytes);
    await this.#mounts.run("enlarge the runners' storage", ["losetup", "--set-capacity", device], signal);
    await this.#mounts.run(
      "enlarge the runners' storage",
      ["btrfs", "filesystem", "resize", "max", mount],
      signal,
    );
  }

  /** Gives the blocks of a mounted loop file that hold nothing back to the disk below. */
  async trim(signal: AbortSignal): Promise<void> {
    await this.#mounts.attempt("trim the runners' storage", ["fstrim", this.#paths.loopMount], signal);
  }

  /** Bytes of a file, with those that it does not occupy. */
  async sizeOf(path: string): Promise<number> {
    return (await stat(path)).size;
  }

  hasZpool(signal: AbortSignal): Promise<boolean> {
    return this.#mounts.attempt("look for the ZFS pool", ["zpool", "list", this.#paths.zpool], signal);
  }

  async importZpool(base: string, signal: AbortSignal): Promise<void> {
    const words = ["zpool", "import", "-d", base, this.#paths.zpool];
    await this.#mounts.run("import the ZFS pool", words, signal);
  }

  async makeZpool(path: string, bytes: number, signal: AbortSignal): Promise<void> {
    await makeSparse(path, bytes);
    const words = ["zpool", "create", "-m", "none", this.#paths.zpool, path];
    await this.#mounts.run("make the ZFS pool", words, signal);
  }

  /** Makes the file of an imported ZFS pool, and the pool, larger. */
  async growZpool(path: string, bytes: number, signal: AbortSignal): Promise<void> {
    await truncate(path, bytes);
    const words = ["zpool", "online", "-e", this.#paths.zpool, path];
    await this.#mounts.run("enlarge the runners' storage", words, signal);
  }

  /** Ends the ZFS pool, if it is there. */
  async destroyZpool(signal: AbortSignal): Promise<void> {
    await this.#mounts.attempt("end the ZFS pool", ["zpool", "destroy", this.#paths.zpool], signal);
  }
}

async function makeSparse(path: string, bytes: number): Promise<void> {
  const handle = await open(path, "wx", 0o600);
  try {
    await handle.truncate(bytes);
  } finally {
    await handle.close();
  }
}
