import { join } from "node:path";
import type { HostPaths } from "./host-paths.ts";
import type { PoolSources, StorageKind } from "./pool-choice.ts";

/** Where the parts of one unit's pool are; all of them carry the unit's name. */
export class PoolPaths {
  readonly #storage: string;
  readonly #directory: string;
  readonly #slug: string;

  /**
   * @param directory the unit's directory of files.
   * @param slug the unit's name in other names.
   */
  constructor({ storage }: HostPaths, directory: string, slug: string) {
    this.#storage = storage;
    this.#directory = directory;
    this.#slug = slug;
  }

  /** Where the loop file is mounted. */
  get loopMount(): string {
    return join(this.#directory, "pool");
  }

  /** Where the memory is mounted. */
  get memoryMount(): string {
    return join(this.#directory, "memory");
  }

  /** Name of the ZFS pool. */
  get zpool(): string {
    return `github-runner-${this.#slug}`;
  }

  /** What the pool is kept on. */
  base(kind: StorageKind): string {
    return kind === "memory" ? this.memoryMount : this.#storage;
  }

  /** The loop file or ZFS file on a base. */
  file(base: string): string {
    return join(base, `${this.#slug}.img`);
  }

  /** The loop file while it is made. A fixed name: the next attempt needs the space of one that was killed. */
  partial(base: string): string {
    return `${this.file(base)}.new`;
  }

  /** The pool's directory on a base or a loop mount. */
  source(base: string): string {
    return join(base, this.#slug);
  }

  /** What LXD names as the pool's source. */
  sources(kind: StorageKind): PoolSources {
    return { direct: this.source(this.base(kind)), loop: this.source(this.loopMount), zpool: this.zpool };
  }
}
