import { existsSync } from "node:fs";
import { mkdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { removeFile, writeFileAtomically } from "charm-kit";
import type { Mounts } from "./mounts.ts";

/** How btrfs is mounted: newer kernels would give unused blocks of its file back to the disk below. */
export const BTRFS_OPTIONS = "user_subvol_rm_allowed,nodiscard";

const WANTED_BY = "multi-user.target";

/** Absolute paths: systemd's directory for local unit files, and a path that exists when systemd is PID 1. */
export interface SystemdPaths {
  readonly units: string;
  readonly booted: string;
}

/** The mount at boot. */
export interface StorageMount {
  readonly file: string;
  readonly mount: string;
  /** The mount that contains the file. */
  readonly storage: string;
}

/** A systemd service that mounts a unit's loop file before LXD starts. */
export class StorageUnit {
  readonly #paths: SystemdPaths;
  readonly #mounts: Mounts;
  readonly #slug: string;

  constructor(paths: SystemdPaths, mounts: Mounts, slug: string) {
    this.#paths = paths;
    this.#mounts = mounts;
    this.#slug = slug;
  }

  /** Installs the service if systemd is PID 1. Safe to repeat. */
  async ensure(storage: StorageMount, signal: AbortSignal): Promise<void> {
    if (!existsSync(this.#paths.booted)) return;
    const text = renderStorageUnit(this.#slug, storage);
    const isWritten = (await readFile(this.#path, "utf8").catch(() => "")) === text;
    // A process may have been killed between the two.
    if (isWritten && existsSync(this.#enabledPath)) return;
    await mkdir(this.#paths.units, { recursive: true });
    await writeFileAtomically(this.#path, text, { mode: 0o644 });
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
    await removeFile(this.#path);
    if (isBooted)
      await this.#mounts.attempt("read systemd's units again", ["systemctl", "daemon-reload"], signal);
  }

  get #name(): string {
    return `github-runner-${this.#slug}-storage.service`;
  }

  get #path(): string {
    return join(this.#paths.units, this.#name);
  }

  /** Exists when systemd starts the service at boot. */
  get #enabledPath(): string {
    return join(this.#paths.units, `${WANTED_BY}.wants`, this.#name);
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
ExecStart=mount -o loop,${BTRFS_OPTIONS} ${file} ${mount}

[Install]
WantedBy=${WANTED_BY}
`;
}
