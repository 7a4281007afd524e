import type { RunnerStorage } from "../unit/ports.ts";
import { join } from "node:path";
import type { HostPaths } from "./host-paths.ts";
import type { PoolSources } from "./pool-choice.ts";

/** Paths of one unit's backing storage. All contain the unit's slug. */
export class PoolPaths {
  readonly #storage: string;
  readonly #directory: string;
  readonly #slug: string;

  /**
   * @param directory the unit's data directory.
   * @param slug the unit's name in other names.
   */
  constructor({ storage }: HostPaths, directory: string, slug: string) {
    this.#storage = storage;
    this.#directory = directory;
    this.#slug = slug;
  }

  /** Mount point of the loop file. */
  get loopMount(): string {
    return join(this.#directory, "pool");
  }

  /** Mount point of the tmpfs. */
  get memoryMount(): string {
    return join(this.#directory, "memory");
  }

  /** Name of the ZFS pool. */
  get zpool(): string {
    return `github-runner-${this.#slug}`;
  }

  /** The directory that contains the pool. */
  base(kind: RunnerStorage): string {
    return kind === "memory" ? this.memoryMount : this.#storage;
  }

  /** The loop file or ZFS file in a directory. */
  file(base: string): string {
    return join(base, `${this.#slug}.img`);
  }

  /** The partial loop file. Has a fixed name, so that the next attempt reuses the space of a killed one. */
  partial(base: string): string {
    return `${this.file(base)}.new`;
  }

  /** The pool's directory on a base or a loop mount. */
  source(base: string): string {
    return join(base, this.#slug);
  }

  /** The pool's `source` in LXD. */
  sources(kind: RunnerStorage): PoolSources {
    return { direct: this.source(this.base(kind)), loop: this.source(this.loopMount), zpool: this.zpool };
  }
}
