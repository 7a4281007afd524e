import type { RunnerStorage } from "../unit/ports.ts";
import { existsSync } from "node:fs";
import { mkdir, open, rename, rm } from "node:fs/promises";
import { totalmem } from "node:os";
import { join } from "node:path";
import { ConditionError, type Logger, type RunProcess } from "charm-kit";
import { Mounts } from "./mounts.ts";
import type { HostPaths } from "./host-paths.ts";
import {
  choosePool,
  recognisePool,
  sizeInMemory,
  sizeOnDisk,
  sizeOnMount,
  type KnownPool,
} from "./pool-choice.ts";
import { PoolPaths } from "./pool-paths.ts";
import { PoolRecord, type PoolDecision } from "./pool-record.ts";
import { StorageUnit, type SystemdPaths } from "./storage-unit.ts";

export interface PoolStorageOptions {
  readonly paths: HostPaths;
  readonly systemd: SystemdPaths;
  readonly run: RunProcess;
  /** Gets a warning when the unit's pool record is damaged. */
  readonly log: Logger;
  /** The unit's name in other names, such as `runners-0`. */
  readonly slug: string;
  /** The unit's data directory. */
  readonly directory: string;
  readonly kind: RunnerStorage;
  /** A directory on the disk with LXD's own loop files. @default "/var/lib" */
  readonly lxdDirectory?: string;
}

/** Driver and configuration of a pool on its backing storage. */
export interface StorageBacking {
  readonly driver: string;
  readonly config: Readonly<Record<string, string>>;
  /** Bytes. */
  readonly room: number;
  /** Whether the pool's data is gone. */
  readonly lost: boolean;
}

/** Bytes that the runners need with copy-on-write clones and with full copies. */
interface SpaceNeed {
  readonly thin: number;
  readonly thick: number;
}

/** The requirements on a pool. */
export interface PoolDemand {
  /** Names of LXD's storage drivers. */
  readonly drivers: readonly string[];
  readonly need: SpaceNeed;
  /** LXD's record of the pool, if it exists. */
  readonly known: KnownPool | undefined;
}

/** The mount with the unit's pool is missing or has changed. */
export class StorageMissingError extends ConditionError {
  readonly code = "storage-missing";
  readonly remedy = "person";

  constructor(path: string) {
    super(
      `Cannot use the runners' storage: ${path} is not there; attach the unit's storage again, or deploy the unit anew`,
    );
  }
}

/** The backing storage of one unit's pool. The decision is made once and stored. */
export class PoolStorage {
  readonly #options: PoolStorageOptions;
  readonly #mounts: Mounts;
  readonly #unit: StorageUnit;
  readonly #record: PoolRecord;
  readonly #paths: PoolPaths;

  constructor(options: PoolStorageOptions) {
    this.#options = options;
    this.#mounts = new Mounts(options.paths, options.run);
    this.#unit = new StorageUnit(options.systemd, this.#mounts, options.slug);
    this.#paths = new PoolPaths(options.paths, options.directory, options.slug);
    this.#record = new PoolRecord(join(options.directory, "pool.json"), options.log);
  }

  /**
   * Prepares the backing storage, also after a reboot. Safe to repeat, and after a kill at any point.
   *
   * @throws {@link StorageMissingError}, `ProcessError`.
   */
  async prepare({ drivers, need, known }: PoolDemand, signal: AbortSignal): Promise<StorageBacking> {
    const decided = await this.#decided(known);
    const record = decided ?? (await this.#decide(drivers, signal));
    const required = record.driver === "dir" ? need.thick : need.thin;
    if (record.kind === "memory" && record.method !== "lxd") await this.#mountMemory(required, signal);
    switch (record.method) {
      case "lxd":
        return this.#backingOfLxd(record, required);
      case "subvolume":
      case "directory":
        return this.#directoryBacking(record, decided !== undefined);
      case "loop":
        return this.#loopBacking(record, decided !== undefined, signal);
      case "zpool":
        return this.#zpoolBacking(record, decided !== undefined, signal);
    }
  }

  /**
   * Mounts the loop file if it is not mounted. {@link prepare} recreates storage in memory.
   *
   * @param known LXD's record of the pool.
   */
  async attach(known: KnownPool | undefined, signal: AbortSignal): Promise<void> {
    const record = await this.#decided(known);
    if (record?.method === "loop" && record.kind !== "memory") await this.#loopBacking(record, true, signal);
  }

  /**
   * Recreates a lost pool with empty volumes, which LXD needs to delete its records.
   *
   * @param containers names of LXD's containers in the pool.
   */
  async restore(containers: readonly string[], signal: AbortSignal): Promise<void> {
    const record = await this.#record.read();
    if (typeof record !== "object" || record.method === "lxd" || record.method === "zpool") return;
    const source = this.#paths.source(
      record.method === "loop" ? this.#paths.loopMount : this.#paths.base(record.kind),
    );
    const makeVolume = async (path: string) => {
      if (existsSync(path)) return;
      if (record.driver === "dir") await mkdir(path);
      else
        await this.#mounts.run(
          "restore the runners' storage",
          ["btrfs", "subvolume", "create", path],
          signal,
        );
    };
    await makeVolume(source);
    for (const name of POOL_DIRECTORIES) await mkdir(join(source, name), { recursive: true, mode: 0o711 });
    for (const name of containers) await makeVolume(join(source, "containers", name));
  }

  /** Removes everything that {@link prepare} created. The pool must be deleted first. Safe to repeat. */
  async remove(signal: AbortSignal): Promise<void> {
    const record = await this.#record.read();
    // All parts contain the unit's slug, whatever the decision was.
    const parts = record === "damaged" ? { method: undefined, kind: this.#options.kind } : record;
    await this.#unit.remove(signal);
    await this.#mounts.unmount(this.#paths.loopMount, signal);
    if (record === "damaged" || record?.method === "zpool")
      await this.#mounts.attempt("end the ZFS pool", ["zpool", "destroy", this.#paths.zpool], signal);
    if (parts && parts.method !== "lxd") {
      const base = this.#paths.base(parts.kind);
      for (const path of [this.#paths.file(base), this.#paths.partial(base), this.#paths.source(base)])
        await rm(path, { recursive: true, force: true });
    }
    await this.#mounts.unmount(this.#paths.memoryMount, signal);
    for (const path of [this.#paths.loopMount, this.#paths.memoryMount])
      await rm(path, { recursive: true, force: true });
    await this.#record.remove();
  }

  /** The stored decision, or the one in LXD's record when the file is damaged. A new decision would lose the pool. */
  async #decided(known: KnownPool | undefined): Promise<PoolDecision | undefined> {
    const record = await this.#record.read();
    if (record !== "damaged") return record;
    if (known === undefined) return undefined;
    const { kind } = this.#options;
    const recognised = { ...recognisePool(known, this.#paths.sources(kind)), kind };
    await this.#record.write(recognised);
    return recognised;
  }

  async #decide(drivers: readonly string[], signal: AbortSignal): Promise<PoolDecision> {
    const { directory, kind, paths } = this.#options;
    const isMemory = kind === "memory";
    const choice = choosePool({
      mount: isMemory || existsSync(paths.storage),
      btrfs: !isMemory && existsSync(paths.storage) && (await this.#mounts.isBtrfs(paths.storage)),
      drivers,
      // A ZFS pool in memory would be imported at each boot, and always be missing.
      programs: await this.#mounts.programs(isMemory ? ["mkfs.btrfs"] : ["mkfs.btrfs", "zpool"], signal),
      loop: existsSync(join(paths.dev, "loop-control")),
    });
    const record = { ...choice, kind };
    await mkdir(directory, { recursive: true });
    await this.#record.write(record);
    return record;
  }

  async #backingOfLxd({ driver }: PoolDecision, required: number): Promise<StorageBacking> {
    const free = await this.#mounts.freeBytes(this.#options.lxdDirectory ?? "/var/lib");
    if (driver === "dir") return { driver, config: {}, room: free, lost: false };
    const size = sizeOnDisk(free, required);
    return { driver, config: { size: `${size / 2 ** 20}MiB` }, room: size, lost: false };
  }

  async #mountMemory(required: number, signal: AbortSignal): Promise<void> {
    if (await this.#mounts.isMounted(this.#paths.memoryMount)) return;
    await mkdir(this.#paths.memoryMount, { recursive: true });
    const size = sizeInMemory(totalmem(), required);
    const options = `size=${size},mode=0711`;
    const name = `github-runner-${this.#options.slug}`;
    await this.#mounts.mount(["-t", "tmpfs", "-o", options, name, this.#paths.memoryMount], signal);
  }

  async #directoryBacking({ driver, kind }: PoolDecision, isKnown: boolean): Promise<StorageBacking> {
    const base = this.#paths.base(kind);
    const source = this.#paths.source(base);
    if (!existsSync(base) || (isKnown && kind !== "memory" && !existsSync(source))) {
      throw new StorageMissingError(existsSync(base) ? source : base);
    }
    const room = await this.#mounts.freeBytes(base);
    // LXD creates a subvolume itself, but needs an existing directory.
    if (driver === "dir") await mkdir(source, { recursive: true });
    return { driver, config: { source }, room, lost: !isOfPool(source) };
  }

  async #loopBacking(
    { driver, kind }: PoolDecision,
    isKnown: boolean,
    signal: AbortSignal,
  ): Promise<StorageBacking> {
    const base = this.#paths.base(kind);
    const file = this.#paths.file(base);
    if (!(await this.#mounts.isMounted(this.#paths.loopMount))) {
      if (!existsSync(base)) throw new StorageMissingError(base);
      if (!existsSync(file)) {
        // A missing mount leaves an empty directory on the machine's own disk.
        if (isKnown && kind !== "memory") throw new StorageMissingError(file);
        await this.#makeFile(base, signal);
      }
      await mkdir(this.#paths.loopMount, { recursive: true });
      await this.#mounts.mount(["-o", LOOP_OPTIONS, file, this.#paths.loopMount], signal);
    }
    if (kind !== "memory")
      await this.#unit.ensure({ file, mount: this.#paths.loopMount, storage: base }, signal);
    const source = this.#paths.source(this.#paths.loopMount);
    const room = await this.#mounts.totalBytes(this.#paths.loopMount);
    return { driver, config: { source }, room, lost: !isOfPool(source) };
  }

  /** Atomic, since the next attempt would mount a partial file system. */
  async #makeFile(base: string, signal: AbortSignal): Promise<void> {
    const partial = this.#paths.partial(base);
    await rm(partial, { force: true });
    const size = sizeOnMount(await this.#mounts.freeBytes(base));
    const handle = await open(partial, "wx", 0o600);
    try {
      await handle.truncate(size);
    } finally {
      await handle.close();
    }
    // Reserves the space: a file system in a file does not survive a full disk.
    await this.#mounts.attempt(
      "reserve the runners' storage",
      ["fallocate", "-l", String(size), partial],
      signal,
    );
    await this.#mounts.run("format the runners' storage", ["mkfs.btrfs", "-q", "-f", partial], signal);
    await rename(partial, this.#paths.file(base));
  }

  async #zpoolBacking(
    { driver, kind }: PoolDecision,
    isKnown: boolean,
    signal: AbortSignal,
  ): Promise<StorageBacking> {
    const base = this.#paths.base(kind);
    const file = this.#paths.file(base);
    const config = { source: this.#paths.zpool };
    const isImported = await this.#mounts.attempt(
      "look for the ZFS pool",
      ["zpool", "list", this.#paths.zpool],
      signal,
    );
    if (isImported) return { driver, config, room: 0, lost: false };
    if (!existsSync(base) || (isKnown && !existsSync(file)))
      throw new StorageMissingError(existsSync(base) ? file : base);
    if (existsSync(file)) {
      await this.#mounts.run(
        "import the ZFS pool",
        ["zpool", "import", "-d", base, this.#paths.zpool],
        signal,
      );
      return { driver, config, room: 0, lost: false };
    }
    const size = sizeOnMount(await this.#mounts.freeBytes(base));
    await this.#mounts.run("reserve the runners' storage", ["truncate", "-s", String(size), file], signal);
    await this.#mounts.run(
      "make the ZFS pool",
      ["zpool", "create", "-m", "none", this.#paths.zpool, file],
      signal,
    );
    return { driver, config, room: size, lost: false };
  }
}

const LOOP_OPTIONS = "loop,user_subvol_rm_allowed";

const POOL_DIRECTORIES = [
  "containers",
  "containers-snapshots",
  "custom",
  "custom-snapshots",
  "images",
  "virtual-machines",
  "virtual-machines-snapshots",
];

/** LXD creates this directory only together with a pool. */
function isOfPool(source: string): boolean {
  return existsSync(join(source, "containers"));
}
