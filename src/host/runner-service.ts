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

/** A service that does not end by then is killed. Shorter than the limit of the command that waits for it. */
const STOP_SECONDS = 45;
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
    const { isActive, isEnabled, isStale, hasSteps } = await this.#show(signal);
    const path = join(paths.units, this.name);
    const content = renderService(unit, command, hasSteps);
    const isNew = (await readFile(path, "utf8").catch(() => "")) !== content;
    if (isNew) {
      await mkdir(paths.units, { recursive: true });
      await writeFileAtomically(path, content, { mode: 0o644 });
    }
    // A hook that was killed after the write did not start the new file.
    const isDue = isNew || isStale;
    if (isDue) await this.#systemctl("read its units again", ["daemon-reload"], signal);
    if (!isEnabled) await this.#systemctl("enable the service", ["enable", "--quiet", this.name], signal);
    if (isDue) await this.#systemctl("start the service", ["restart", "--no-block", this.name], signal);
    else if (!isActive)
      await this.#systemctl("start the service", ["start", "--no-block", this.name], signal);
    return isActive && !isDue ? "running" : "started";
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
    const properties = "--property=ActiveState,UnitFileState,NeedDaemonReload,RestartSteps";
    const text = await this.#systemctl("look at the service", ["show", properties, "--", this.name], signal);
    const has = (line: string) => text.split("\n").includes(line);
    return {
      // One that starts again after a failure is systemd's to start.
      isActive: has("ActiveState=active") || has("ActiveState=activating") || has("ActiveState=reloading"),
      isEnabled: has("UnitFileState=enabled"),
      isStale: has("NeedDaemonReload=yes"),
      // From systemd 254 on; an older one does not show what it does not know.
      hasSteps: /^RestartSteps=/m.test(text),
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

/** Capabilities of root that no work on runners needs. */
const SURPLUS_CAPABILITIES = [
  ...["AUDIT_CONTROL", "AUDIT_READ", "AUDIT_WRITE", "BLOCK_SUSPEND", "BPF", "CHECKPOINT_RESTORE", "LEASE"],
  ...["LINUX_IMMUTABLE", "MAC_ADMIN", "MAC_OVERRIDE", "PERFMON", "SYS_BOOT", "SYS_PACCT", "SYS_PTRACE"],
  ...["SYS_RAWIO", "SYS_TIME", "SYS_TTY_CONFIG", "SYSLOG", "WAKE_ALARM"],
].map((name) => `CAP_${name}`);

/** Groups of system calls that no work on runners needs. */
const SURPLUS_CALLS = ["@clock", "@cpu-emulation", "@debug", "@obsolete", "@raw-io", "@reboot", "@swap"];

/** Pauses between starts grow to a minute where systemd can do that. Otherwise they stay as short as a crash allows. */
function renderPauses(hasSteps: boolean): string {
  return hasSteps ? "RestartSec=1\nRestartSteps=6\nRestartMaxDelaySec=60" : "RestartSec=5";
}

/**
 * Renders the unit file. Pure.
 *
 * Nothing that gives the service mounts of its own, such as `ProtectSystem`, `ProtectHome` and `PrivateTmp`: LXD must see what
 * the service mounts, the runners' disks and the shares for their metrics. Nothing that forbids memory which is writable and
 * executable: Node.js compiles. See docs/explanation/runner-service.md. The environment lets glibc give freed memory back.
 * Its lines in logs have its name instead of that of Node.js: agents that read the syslog know no systemd units.
 *
 * @param command absolute path and arguments of the service.
 * @param hasSteps whether systemd knows `RestartSteps`.
 */
export function renderService(unit: TimedUnit, command: readonly string[], hasSteps: boolean): string {
  return `[Unit]
Description=Runners of ${unit.name}
After=network-online.target lxd.service snap.lxd.daemon.unix.socket
Wants=network-online.target
StartLimitIntervalSec=0

[Service]
Type=notify
NotifyAccess=all
ExecStart=${renderSystemdCommand(command)}
SyslogIdentifier=${unit.slug}-runners
Restart=always
${renderPauses(hasSteps)}
WatchdogSec=90
TimeoutStartSec=60
TimeoutStopSec=${STOP_SECONDS}
KillMode=mixed
Environment=MALLOC_ARENA_MAX=1 MALLOC_TRIM_THRESHOLD_=65536 MALLOC_MMAP_THRESHOLD_=65536
MemoryMax=512M
TasksMax=512
LimitCORE=0
NoNewPrivileges=yes
CapabilityBoundingSet=~${SURPLUS_CAPABILITIES.join(" ")}
SystemCallFilter=~${SURPLUS_CALLS.join(" ")}
SystemCallErrorNumber=EPERM
SystemCallArchitectures=native
RestrictAddressFamilies=AF_UNIX AF_INET AF_INET6 AF_NETLINK
RestrictNamespaces=yes
RestrictRealtime=yes
RestrictSUIDSGID=yes
LockPersonality=yes
KeyringMode=private
UMask=0022

[Install]
WantedBy=multi-user.target
`;
}
