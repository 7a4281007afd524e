import { existsSync } from "node:fs";
import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Mounts } from "./mounts.ts";

/** Where systemd has the administrator's units, and what is there when it runs the machine; absolute paths. */
export interface SystemdPaths {
  readonly units: string;
  readonly booted: string;
}

/** What is mounted at the machine's start. */
export interface StorageMount {
  readonly file: string;
  readonly mount: string;
  /** The mount that the file is on. */
  readonly storage: string;
}

/** A unit of systemd that mounts the loop file of one unit of the charm before LXD starts. */
export class StorageUnit {
  readonly #paths: SystemdPaths;
  readonly #mounts: Mounts;
  readonly #slug: string;

  constructor(paths: SystemdPaths, mounts: Mounts, slug: string) {
    this.#paths = paths;
    this.#mounts = mounts;
    this.#slug = slug;
  }

  /** Makes it, where systemd runs the machine. Safe to repeat. */
  async ensure(storage: StorageMount, signal: AbortSignal): Promise<void> {
    if (!existsSync(this.#paths.booted)) return;
    const text = renderStorageUnit(this.#slug, storage);
    if ((await readFile(this.#path, "utf8").catch(() => "")) === text) return;
    await mkdir(this.#paths.units, { recursive: true });
    await writeFile(this.#path, text);
    await this.#mounts.run("read systemd's units again", ["systemctl", "daemon-reload"], signal);
    await this.#mounts.run(
      "enable the runners' storage",
      ["systemctl", "enable", "--quiet", this.#name],
      signal,
    );
  }

  async remove(signal: AbortSignal): Promise<void> {
    if (!existsSync(this.#path)) return;
    const isBooted = existsSync(this.#paths.booted);
    if (isBooted) {
      await this.#mounts.attempt(
        "disable the runners' storage",
        ["systemctl", "disable", "--quiet", this.#name],
        signal,
      );
    }
    await rm(this.#path, { force: true });
    if (isBooted)
      await this.#mounts.attempt("read systemd's units again", ["systemctl", "daemon-reload"], signal);
  }

  get #name(): string {
    return `github-runner-${this.#slug}-storage.service`;
  }

  get #path(): string {
    return join(this.#paths.units, this.#name);
  }
}

/** Pure. */
export function renderStorageUnit(slug: string, { file, mount, storage }: StorageMount): string {
  return `[Unit]
Description=Storage of the GitHub runners of unit ${slug}
DefaultDependencies=no
RequiresMountsFor=${storage}
After=local-fs.target
Before=lxd.service lxd.socket snap.lxd.daemon.service snap.lxd.daemon.unix.socket incus.service incus.socket
ConditionPathExists=${file}
ConditionPathIsMountPoint=!${mount}

[Service]
Type=oneshot
RemainAfterExit=yes
ExecStart=mount -o loop,user_subvol_rm_allowed ${file} ${mount}

[Install]
WantedBy=multi-user.target
`;
}
