import type { RunnerStorage } from "../unit/ports.ts";
import { existsSync } from "node:fs";
import { mkdir, rm } from "node:fs/promises";
import { totalmem } from "node:os";
import { join } from "node:path";
import { ProcessLock, type Logger, type RunProcess } from "charm-kit";
import { Mounts } from "./mounts.ts";
import type { HostPaths } from "./host-paths.ts";
import { choosePool, recognisePool, sizeInMemory, type KnownPool } from "./pool-choice.ts";
import type { PoolDemand, StorageBacking } from "./pool-demand.ts";
import { PoolDisk, type Allotment } from "./pool-disk.ts";
import { isOfPool, removeEmptyDirectories, restoreVolumes } from "./pool-directories.ts";
import { PoolFileError, StorageMissingError } from "./pool-errors.ts";
import { PoolFileSystem } from "./pool-file-system.ts";
import { PoolPaths } from "./pool-paths.ts";
import { PoolRecord, type PoolDecision } from "./pool-record.ts";
import { ReservedSpace } from "./reserved-space.ts";
import { BTRFS_OPTIONS, StorageUnit, type SystemdPaths } from "./storage-unit.ts";

export interface PoolStorageOptions {
  readonly paths: HostPaths;
  readonly systemd: SystemdPaths;
  readonly run: RunProcess;
  /** Gets a warning when the unit's pool record is damaged. */
  readonly log: Logger;
  /** The unit's name in other names, such as `runners-0`. */
  readonly slug: string;
  /** The unit's data directory, beside those of other units. */
  readonly directory: string;
  readonly kind: RunnerStorage;
  /** LXD's directory, with its own pool files in `disks`. */
  readonly lxdDirectory: string;
  /** Paths of the machine's own file systems. @default {@link SYSTEM_PATHS} */
  readonly systemPaths?: readonly string[];
}

/** Directories of a machine that others write to. A pool on one of their disks is not alone there. */
const SYSTEM_PATHS = ["/", "/var", "/var/lib", "/home", "/tmp"];

/** Locks the choice of a size until the unit's record has it, for all units of the machine. */
const SIZES = new ProcessLock("github-runner-pool-sizes");

/** A decision, and whether it was made just now. */
interface Choice {
  readonly record: PoolDecision;
  readonly isNew: boolean;
  /** Bytes that the runners need. */
  readonly required: number;
}

/** The backing storage of one unit's pool. The decision is made once and stored. */
export class PoolStorage {
  readonly #options: PoolStorageOptions;
  readonly #mounts: Mounts;
  readonly #unit: StorageUnit;
  readonly #record: PoolRecord;
  readonly #paths: PoolPaths;
  readonly #disk: PoolDisk;
  readonly #fileSystem: PoolFileSystem;
  readonly #space: ReservedSpace;

  constructor(options: PoolStorageOptions) {
    const { directory, lxdDirectory, systemPaths = SYSTEM_PATHS } = options;
    this.#options = options;
    this.#mounts = new Mounts(options.paths, options.run);
    this.#unit = new StorageUnit(options.systemd, this.#mounts, options.slug);
    this.#paths = new PoolPaths(options.paths, directory, options.slug);
    this.#record = new PoolRecord(join(directory, "pool.json"), options.log);
    this.#fileSystem = new PoolFileSystem(this.#mounts, this.#paths);
    const lxdDisks = join(lxdDirectory, "disks");
    this.#disk = new PoolDisk({ mounts: this.#mounts, directory, lxdDisks, systemPaths });
    this.#space = new ReservedSpace({ disk: this.#disk, mounts: this.#mounts, log: options.log });
  }

  /**
   * Prepares the backing storage, also after a reboot. Safe to repeat, and after a kill at any point.
   *
   * @throws {@link StorageMissingError}, {@link PoolFileError}, `ProcessError`.
   */
  async prepare(demand: PoolDemand, signal: AbortSignal): Promise<StorageBacking> {
    const choice = await this.#choose(demand, signal);
    const { record, required } = choice;
    if (record.kind === "memory" && record.method !== "lxd") await this.#mountMemory(required, signal);
    switch (record.method) {
      case "lxd":
        return this.#backingOfLxd(choice, demand.known, signal);
      case "subvolume":
      case "directory":
        return this.#directoryBacking(choice, demand.known);
      case "loop":
        return this.#loopBacking(choice, signal);
      case "zpool":
        return this.#zpoolBacking(choice, signal);
    }
  }

  /**
   * Mounts the loop file if it is not mounted, or imports the ZFS pool if it is not imported, and reserves the file's blocks.
   * {@link prepare} recreates storage in memory.
   *
   * @param known LXD's record of the pool.
   */
  async attach(known: KnownPool | undefined, signal: AbortSignal): Promise<void> {
    const record = await this.#decided(known);
    if (record === undefined || record.kind === "memory") return;
    const choice = { record, isNew: false, required: 0 };
    if (record.method === "lxd" && known) await this.#backingOfLxd(choice, known, signal);
    if (record.method === "loop") await this.#loopBacking(choice, signal);
    if (record.method === "zpool") await this.#zpoolBacking(choice, signal);
  }

  /**
   * Recreates a lost pool with empty volumes, which LXD needs to delete its records.
   *
   * @param containers names of LXD's containers in the pool.
   * @param forget deletes those records. After a kill before its end, the pool is lost as before.
   * @returns what that returns.
   */
  async restore<T>(containers: readonly string[], forget: () => Promise<T>, signal: AbortSignal): Promise<T> {
    const record = await this.#record.read();
    if (typeof record !== "object" || record.method === "lxd" || record.method === "zpool") return forget();
    const base = record.method === "loop" ? this.#paths.loopMount : this.#paths.base(record.kind);
    await this.#record.write({ ...record, isLost: true });
    await restoreVolumes(this.#mounts, { ...record, source: this.#paths.source(base), containers }, signal);
    const forgotten = await forget();
    await this.#record.found(record);
    return forgotten;
  }

  /** Removes everything that {@link prepare} created. The pool must be deleted first. Safe to repeat. */
  async remove(signal: AbortSignal): Promise<void> {
    const record = await this.#record.read();
    // All parts contain the unit's slug, whatever the decision was.
    const parts = record === "damaged" ? { method: undefined, kind: this.#options.kind } : record;
    await this.#unit.remove(signal);
    await this.#mounts.unmount(this.#paths.loopMount, signal);
    if (record === "damaged" || record?.method === "zpool") await this.#fileSystem.destroyZpool(signal);
    if (parts && parts.method !== "lxd") {
      const base = this.#paths.base(parts.kind);
      for (const path of [this.#paths.file(base), this.#paths.partial(base), this.#paths.source(base)])
        await rm(path, { recursive: true, force: true });
    }
    // LXD deletes the file with the pool, but keeps that of a creation that failed.
    if (typeof record === "object" && record.method === "lxd" && record.file)
      await rm(record.file.path, { force: true });
    await this.#mounts.unmount(this.#paths.memoryMount, signal);
    for (const path of [this.#paths.loopMount, this.#paths.memoryMount])
      await rm(path, { recursive: true, force: true });
    await this.#record.remove();
  }

  /** A decision whose pool LXD has never had is made anew: the creation failed, or the disk has more room now. */
  async #choose({ drivers, need, known, sources }: PoolDemand, signal: AbortSignal): Promise<Choice> {
    const decided = await this.#decided(known);
    const isNew = decided === undefined || (decided.isPending === true && known === undefined);
    if (decided && isNew) await this.#discard(decided, sources, signal);
    const record = decided && !isNew ? decided : await this.#decide(drivers, signal);
    return { record, isNew, required: record.driver === "dir" ? need.thick : need.thin };
  }

  /** The stored decision, or the one in LXD's record when the file is damaged. A new decision would lose the pool. */
  async #decided(known: KnownPool | undefined): Promise<PoolDecision | undefined> {
    const record = await this.#record.read();
    if (record === undefined) return undefined;
    // Without the pool, LXD has no records of what was in it.
    if (record !== "damaged" && known === undefined)
      return record.isLost ? this.#record.found(record) : record;
    if (record !== "damaged") return record.isPending ? this.#record.confirm(record) : record;
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
    const record = { ...choice, kind, isPending: true };
    await mkdir(directory, { recursive: true });
    await this.#record.write(record);
    return record;
  }

  /** Deletes what a failed creation left. Only what the record named before it existed is the unit's own. */
  async #discard(
    { method, kind, file }: PoolDecision,
    sources: readonly string[],
    signal: AbortSignal,
  ): Promise<void> {
    if (method === "loop") await this.#mounts.unmount(this.#paths.loopMount, signal);
    if (method === "zpool" && file) await this.#fileSystem.destroyZpool(signal);
    // Storage in memory belongs to the unit alone.
    const path =
      kind === "memory" && method === "loop" ? this.#paths.file(this.#paths.base(kind)) : file?.path;
    if (path !== undefined && !sources.includes(path)) await rm(path, { force: true });
  }

  /** Decides about the size of the pool's file, and stores it before the file exists. */
  #allot(
    { record, required }: Choice,
    { base, path }: { readonly base: string; readonly path: string },
    signal: AbortSignal,
  ): Promise<Allotment> {
    return SIZES.run(async () => {
      const allotment = await this.#disk.allot(base, path, required);
      await this.#record.write({ ...record, file: { path, bytes: allotment.bytes } });
      return allotment;
    }, signal);
  }

  async #backingOfLxd(
    choice: Choice,
    known: KnownPool | undefined,
    signal: AbortSignal,
  ): Promise<StorageBacking> {
    const { lxdDirectory, slug } = this.#options;
    const { driver } = choice.record;
    const parts = { driver, isShared: true, lost: false };
    if (driver === "dir") return { ...parts, config: {}, room: await this.#disk.room(lxdDirectory) };
    if (known) {
      // Its source is the file.
      if (known.source !== undefined) await this.#space.reserve(lxdDirectory, known.source, signal);
      return { ...parts, config: {}, room: 0 };
    }
    const path = join(lxdDirectory, "disks", `${slug}.img`);
    if (existsSync(path)) throw new PoolFileError(path);
    // LXD refuses a file with a file system in it, and leaves such a file when a creation fails.
    const pending = { ...choice, record: { ...choice.record, isPending: true } };
    const { bytes } = await this.#allot(pending, { base: lxdDirectory, path }, signal);
    const options = driver === "btrfs" ? { "btrfs.mount_options": BTRFS_OPTIONS } : {};
    return { ...parts, config: { size: `${bytes / 2 ** 20}MiB`, ...options }, room: bytes };
  }

  async #mountMemory(required: number, signal: AbortSignal): Promise<void> {
    const path = this.#paths.memoryMount;
    const size = sizeInMemory(totalmem(), required);
    if (await this.#mounts.isMounted(path)) {
      // More runners need a larger one. It takes memory only for what is in it.
      if ((await this.#mounts.space(path)).total < size)
        await this.#mounts.mount(["-o", `remount,size=${size}`, path], signal);
      return;
    }
    await mkdir(path, { recursive: true });
    const name = `github-runner-${this.#options.slug}`;
    await this.#mounts.mount(["-t", "tmpfs", "-o", `size=${size},mode=0711`, name, path], signal);
  }

  async #directoryBacking({ record, isNew }: Choice, known: KnownPool | undefined): Promise<StorageBacking> {
    const { driver, kind, isLost = false } = record;
    const base = this.#paths.base(kind);
    const source = this.#paths.source(base);
    if (!existsSync(base) || (!isNew && kind !== "memory" && !existsSync(source))) {
      throw new StorageMissingError(existsSync(base) ? source : base);
    }
    if (known === undefined) await removeEmptyDirectories(source);
    const isShared = await this.#disk.isShared(base);
    const room = await this.#disk.room(base);
    // LXD creates a subvolume itself, but needs an existing directory.
    if (driver === "dir") await mkdir(source, { recursive: true });
    return { driver, config: { source }, room, isShared, lost: isLost || !isOfPool(source) };
  }

  async #loopBacking(choice: Choice, signal: AbortSignal): Promise<StorageBacking> {
    const { driver, kind, isLost = false } = choice.record;
    const base = this.#paths.base(kind);
    const path = this.#paths.file(base);
    const mount = this.#paths.loopMount;
    if (!(await this.#mounts.isMounted(mount))) {
      if (!existsSync(base)) throw new StorageMissingError(base);
      // A missing mount leaves an empty directory on the machine's own disk.
      if (!existsSync(path) && !choice.isNew && kind !== "memory") throw new StorageMissingError(path);
      if (existsSync(path) && choice.isNew) throw new PoolFileError(path);
      if (!existsSync(path)) {
        const { bytes } = await this.#allot(choice, { base, path }, signal);
        await this.#fileSystem.makeLoopFile(base, bytes, signal);
      }
      await mkdir(mount, { recursive: true });
      await this.#mounts.mount(["-o", LOOP_OPTIONS, path, mount], signal);
    }
    if (kind !== "memory") await this.#unit.ensure({ file: path, mount, storage: base }, signal);
    if ((await this.#mounts.space(mount)).total < choice.required) await this.#grow(choice, base, signal);
    const source = this.#paths.source(mount);
    const { total: room } = await this.#mounts.space(mount);
    const isShared = await this.#disk.isShared(base);
    if (isShared && !choice.isNew && !choice.record.file) await this.#giveBack(choice.record, path, signal);
    else if (kind !== "memory") await this.#space.reserve(base, path, signal);
    return { driver, config: { source }, room, isShared, lost: isLost || !isOfPool(source) };
  }

  /** Earlier versions of the charm took most of the machine's disk, and recorded no file. */
  async #giveBack(record: PoolDecision, path: string, signal: AbortSignal): Promise<void> {
    await this.#fileSystem.trim(signal);
    const bytes = await this.#fileSystem.sizeOf(path);
    await this.#record.write({ ...record, file: { path, bytes } });
  }

  /** More runners need a larger file. It stays as it is where the disk has no more room. */
  async #grow(choice: Choice, base: string, signal: AbortSignal): Promise<void> {
    const path = this.#paths.file(base);
    const size = await this.#fileSystem.sizeOf(path);
    const { bytes } = await this.#disk.allot(base, path, choice.required);
    if (bytes <= size) return;
    const allotted = await this.#allot(choice, { base, path }, signal);
    if (choice.record.method === "zpool") await this.#fileSystem.growZpool(path, allotted.bytes, signal);
    else await this.#fileSystem.growLoopFile(path, allotted.bytes, signal);
  }

  async #zpoolBacking(choice: Choice, signal: AbortSignal): Promise<StorageBacking> {
    const { driver, kind } = choice.record;
    const base = this.#paths.base(kind);
    const path = this.#paths.file(base);
    const isShared = existsSync(base) && (await this.#disk.isShared(base));
    const backing = { driver, config: { source: this.#paths.zpool }, isShared, lost: false };
    const isImported = await this.#fileSystem.hasZpool(signal);
    if (isImported && choice.isNew) throw new PoolFileError(`the ZFS pool '${this.#paths.zpool}'`);
    if (isImported) {
      const size = existsSync(path) ? await this.#fileSystem.sizeOf(path) : Infinity;
      if (size * SHARE_OF_ZFS < choice.required) await this.#grow(choice, base, signal);
      await this.#space.reserve(base, path, signal);
      return { ...backing, room: 0 };
    }
    if (!existsSync(base) || (!choice.isNew && !existsSync(path)))
      throw new StorageMissingError(existsSync(base) ? path : base);
    if (!choice.isNew) {
      await this.#fileSystem.importZpool(base, signal);
      return { ...backing, room: 0 };
    }
    if (existsSync(path)) throw new PoolFileError(path);
    const { bytes } = await this.#allot(choice, { base, path }, signal);
    await this.#fileSystem.makeZpool(path, bytes, signal);
    await this.#space.reserve(base, path, signal);
    return { ...backing, room: bytes };
  }
}

/** ZFS keeps the rest of a pool for itself. */
const SHARE_OF_ZFS = 0.9;
const LOOP_OPTIONS = `loop,${BTRFS_OPTIONS}`;
