import { readdir, stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import { readJSONFile } from "charm-kit";
import type { Mounts } from "./mounts.ts";
import { claimedBytes, type PoolFile } from "./pool-claims.ts";
import { roomOnDisk, sizeOnDisk, sizeOnMount, type SharedDisk } from "./pool-choice.ts";
import { parseDecision } from "./pool-record.ts";

export interface PoolDiskOptions {
  readonly mounts: Mounts;
  /** The unit's data directory, beside those of other units. */
  readonly directory: string;
  /** The directory of LXD's own pool files. */
  readonly lxdDisks: string;
  /** Paths of the machine's own file systems. */
  readonly systemPaths: readonly string[];
}

/** The size of a pool's file. */
export interface Allotment {
  readonly bytes: number;
  /** Whether the file is on a disk that others use too. */
  readonly isShared: boolean;
}

/** The part of a pool's file that is not on the disk. */
export interface Missing {
  readonly bytes: number;
  readonly fits: boolean;
}

/** The disk below a pool: the unit's own, or one that it shares with the machine. */
export class PoolDisk {
  readonly #options: PoolDiskOptions;

  constructor(options: PoolDiskOptions) {
    this.#options = options;
  }

  /**
   * Bytes for a pool's file in a directory. Counts what the file occupies already as free.
   *
   * @param required bytes that the runners need.
   */
  async allot(base: string, file: string, required: number): Promise<Allotment> {
    const held = await allocatedBytes(file);
    const disk = await this.#shared(base, file, held);
    if (disk) return { bytes: sizeOnDisk(disk, required), isShared: true };
    const { free } = await this.#options.mounts.space(base);
    return { bytes: sizeOnMount(free + held), isShared: false };
  }

  /** What a pool's file does not occupy of its size yet, and whether its disk has room for that. */
  async missing(base: string, file: string): Promise<Missing> {
    const bytes = Math.max(0, (await stat(file)).size - (await allocatedBytes(file)));
    return { bytes, fits: bytes <= (await this.room(base, file)) };
  }

  /** Bytes that a pool without a file can have in a directory, or by which its file can grow. */
  async room(base: string, file = ""): Promise<number> {
    const disk = await this.#shared(base, file, 0);
    return disk ? roomOnDisk(disk) : (await this.#options.mounts.space(base)).free;
  }

  /** Whether others use the disk below a directory. A directory that is no mount of its own is on the machine's disk. */
  isShared(base: string): Promise<boolean> {
    const { mounts, lxdDisks, systemPaths } = this.#options;
    return mounts.isOnSameDisk(base, [...systemPaths, dirname(lxdDisks)]);
  }

  async #shared(base: string, file: string, held: number): Promise<SharedDisk | undefined> {
    if (!(await this.isShared(base))) return undefined;
    const { mounts, lxdDisks } = this.#options;
    const { free, total } = await mounts.space(base);
    const directories = [base, lxdDisks];
    const claimed = await claimedBytes(base, file, { directories, planned: await this.#planned() });
    return { total, free: free + held, claimed };
  }

  /** The files that other units on the machine have decided about. */
  async #planned(): Promise<readonly PoolFile[]> {
    const root = dirname(this.#options.directory);
    const units = (await readdir(root).catch(() => [])).map((name) => join(root, name));
    const others = units.filter((directory) => directory !== this.#options.directory);
    const read = (directory: string) =>
      readJSONFile(
        join(directory, "pool.json"),
        (stored) => parseDecision(stored) ?? undefined,
        () => undefined,
      );
    return (await Promise.all(others.map(read))).flatMap((decision) => decision?.file ?? []);
  }
}

/** Bytes that a file occupies on its disk; 0 for a missing one. */
async function allocatedBytes(path: string): Promise<number> {
  const blocks = await stat(path).then(
    (file) => file.blocks,
    () => 0,
  );
  return blocks * 512;
}
