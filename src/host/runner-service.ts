import { existsSync } from "node:fs";
import { mkdir, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { renderSystemdCommand, type RunProcess, writeFileAtomically } from "charm-kit";
import type { ServiceState, ServiceSupervisor } from "../unit/ports.ts";
import { SystemdError, type SystemdPaths } from "./systemd-timers.ts";
import type { TimedUnit } from "./timers.ts";

export interface RunnerServiceOptions {
  readonly unit: TimedUnit;
  readonly paths: SystemdPaths;
  readonly run: RunProcess;
}

const LIMIT_MS = 60_000;
const WANTED_BY = "multi-user.target.wants";

/** The unit's runner service, as a systemd service. */
export class RunnerService implements ServiceSupervisor {
  readonly #options: RunnerServiceOptions;

  constructor(options: RunnerServiceOptions) {
    this.#options = options;
  }

  /** Such as `runners-0-runners.service`. */
  get name(): string {
    return `${this.#options.unit.slug}-runners.service`;
  }

  async ensure(command: readonly string[], signal: AbortSignal): Promise<ServiceState> {
    const { paths, unit } = this.#options;
    if (!existsSync(paths.booted)) return "no-systemd";
    const path = join(paths.units, this.name);
    const content = renderService(unit, command);
    const isNew = (await readFile(path, "utf8").catch(() => "")) !== content;
    if (isNew) {
      await mkdir(paths.units, { recursive: true });
      await writeFileAtomically(path, content, { mode: 0o644 });
    }
    const { isActive, isEnabled, isStale } = await this.#show(signal);
    if (isNew || isStale) await this.#systemctl("read its units again", ["daemon-reload"], signal);
    if (!isEnabled) await this.#systemctl("enable the service", ["enable", "--quiet", this.name], signal);
    if (isNew) await this.#systemctl("start the service", ["restart", "--no-block", this.name], signal);
    else if (!isActive)
      await this.#systemctl("start the service", ["start", "--no-block", this.name], signal);
    return isActive && !isNew ? "running" : "started";
  }

  async restart(signal: AbortSignal): Promise<void> {
    const { paths } = this.#options;
    if (!existsSync(paths.booted) || !existsSync(join(paths.units, this.name))) return;
    await this.#systemctl("start the service anew", ["try-restart", "--no-block", this.name], signal);
  }

  async remove(signal: AbortSignal): Promise<void> {
    const { paths } = this.#options;
    const path = join(paths.units, this.name);
    if (!existsSync(path)) return;
    const isBooted = existsSync(paths.booted);
    if (isBooted) await this.#attempt("stop the service", ["stop", this.name], signal);
    await rm(join(paths.units, WANTED_BY, this.name), { force: true });
    await rm(path, { force: true });
    if (!isBooted) return;
    await this.#systemctl("read its units again", ["daemon-reload"], signal);
    await this.#attempt("forget a failed service", ["reset-failed", this.name], signal);
  }

  async #show(signal: AbortSignal) {
    const properties = "--property=ActiveState,UnitFileState,NeedDaemonReload";
    const text = await this.#systemctl("look at the service", ["show", properties, "--", this.name], signal);
    const has = (line: string) => text.split("\n").includes(line);
    return {
      // One that starts again after a failure is systemd's to start.
      isActive: has("ActiveState=active") || has("ActiveState=activating") || has("ActiveState=reloading"),
      isEnabled: has("UnitFileState=enabled"),
      isStale: has("NeedDaemonReload=yes"),
    };
  }

  async #systemctl(action: string, words: readonly string[], signal: AbortSignal): Promise<string> {
    const { exitCode, stdout, stderr } = await this.#attempt(action, words, signal);
    if (exitCode !== 0) throw new SystemdError(action, stderr.trim().replaceAll(/\s+/g, " "));
    return stdout;
  }

  #attempt(action: string, words: readonly string[], signal: AbortSignal) {
    return this.#options.run(["systemctl", ...words], { action, limitMs: LIMIT_MS, signal });
  }
}

/**
 * Renders the unit file. Pure.
 *
 * No `ProtectSystem` nor `PrivateTmp`: they give a service mounts of its own, and the runners' disks and metrics are mounts
 * that LXD must see.
 *
 * @param command absolute path and arguments of the service.
 */
export function renderService(unit: TimedUnit, command: readonly string[]): string {
  return `[Unit]
Description=Runners of ${unit.name}
After=network-online.target lxd.service snap.lxd.daemon.unix.socket
Wants=network-online.target
StartLimitIntervalSec=0

[Service]
Type=notify
NotifyAccess=all
ExecStart=${renderSystemdCommand(command)}
Restart=always
RestartSec=2
WatchdogSec=90
TimeoutStartSec=60
TimeoutStopSec=120
KillMode=mixed
MemoryMax=512M
TasksMax=512
NoNewPrivileges=yes
RestrictAddressFamilies=AF_UNIX AF_INET AF_INET6 AF_NETLINK
RestrictRealtime=yes
RestrictSUIDSGID=yes
LockPersonality=yes
KeyringMode=private
SystemCallArchitectures=native
UMask=0077

[Install]
WantedBy=multi-user.target
`;
}
