import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { ConditionError, ProcessLock, runOrFail, type RunProcess } from "charm-kit";
import { hasIdRange, planLxd, socketOf, withIdRange, type LxdFacts } from "./lxd-plan.ts";

/** LXD does not run on this machine, and the unit cannot start it. */
export class LxdInstallError extends ConditionError {
  readonly code = "lxd-install";
  readonly remedy = "person";
  override readonly checkedBy = "update-status";

  constructor(reason: string) {
    super(
      `Cannot bring LXD to run on this machine: ${reason}; install it (snap install lxd, or apt install lxd), ` +
        "start it, or set LXD_SOCKET",
    );
  }
}

const ID_FILES = ["/etc/subuid", "/etc/subgid"];
const LOCK = new ProcessLock("github-runner-lxd-install");

/** The LXD operations that the installation needs. */
export interface LxdSign {
  /** Whether LXD responds. */
  answers(signal: AbortSignal): Promise<boolean>;
}

/**
 * Installs LXD if it is missing and starts it if it does not respond. Never changes an LXD that responds.
 *
 * @param step called with the progress.
 * @throws {@link LxdInstallError} where it cannot be done, `ProcessError` where a command fails.
 */
export async function installLxd(
  lxd: LxdSign,
  run: RunProcess,
  step: (what: string) => void,
  signal: AbortSignal,
): Promise<void> {
  if (await lxd.answers(signal)) return;
  await LOCK.run(async () => {
    // Another unit of the machine may have installed it meanwhile.
    if (await lxd.answers(signal)) return;
    const plan = planLxd(readFacts());
    if (!plan.possible) throw new LxdInstallError(plan.reason);
    step(plan.told);
    if (plan.addIdRange) addIdRange();
    for (const { words, limitMs } of plan.commands) {
      await runOrFail(run, words, { action: "bring LXD to run", limitMs, signal });
    }
  }, signal);
}

/** The socket path of the LXD that {@link installLxd} would install. */
export function expectedSocket(): string {
  return socketOf(readFacts());
}

function readFacts(): LxdFacts {
  return {
    os: /^ID="?([^"\n]*)"?$/m.exec(read("/etc/os-release"))?.[1] ?? "",
    root: process.getuid?.() === 0,
    snap: existsSync("/usr/bin/snap"),
    apt: existsSync("/usr/bin/apt-get"),
    systemd: existsSync("/run/systemd/system"),
    installed: installedLxd(),
    idRange: ID_FILES.map(read).every(hasIdRange),
  };
}

function installedLxd(): LxdFacts["installed"] {
  if (existsSync("/snap/lxd/current")) return "snap";
  if (["/usr/bin/lxd", "/usr/sbin/lxd"].some((path) => existsSync(path))) return "package";
  return ["/usr/libexec/incus/incusd", "/opt/incus/bin/incusd", "/usr/sbin/incusd"].some((path) =>
    existsSync(path),
  )
    ? "incus"
    : "none";
}

function addIdRange(): void {
  for (const path of ID_FILES) {
    const text = read(path);
    if (!hasIdRange(text)) writeFileSync(path, withIdRange(text), { mode: 0o644 });
  }
}

function read(path: string): string {
  return existsSync(path) ? readFileSync(path, "utf8") : "";
}
