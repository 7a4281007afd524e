import { readFileSync } from "node:fs";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import type { HostPaths } from "./host-paths.ts";

/** How much of a resource that all of the machine shares is used. */
export interface Usage {
  /** As it reads before "is used up", such as `kernel.pid_max`. */
  readonly resource: string;
  readonly used: number;
  readonly most: number;
  /** Who uses the most of it, with a number; undefined where the kernel does not tell. */
  readonly holder?: { readonly name: string; readonly used: number } | undefined;
}

/** From this part on, a runner may not start. */
const USED_UP = 0.95;

/**
 * The resources that are used up, each as a short text with who holds the most of it. Pure.
 *
 * @param usages what the machine uses.
 */
export function shortagesIn(usages: readonly Usage[]): readonly string[] {
  return usages
    .filter(({ used, most }) => most > 0 && used >= most * USED_UP)
    .map(({ resource, used, most, holder }) => {
      const held = holder ? `; ${holder.name} holds ${holder.used}` : "";
      return `${resource} is used up: ${used} of ${most}${held}`;
    });
}

/** Reads what the machine uses of the resources that all runners share. What the kernel does not tell is left out. */
export async function readUsages({ proc, sys }: HostPaths): Promise<readonly Usage[]> {
  const number = async (...path: string[]) => Number((await read(proc, "sys", ...path)).trim() || Number.NaN);
  const [pidMax, threadsMax, connections, connectionsMax] = await Promise.all([
    number("kernel", "pid_max"),
    number("kernel", "threads-max"),
    number("net", "netfilter", "nf_conntrack_count"),
    number("net", "netfilter", "nf_conntrack_max"),
  ]);
  const threads = Number(/ \d+\/(\d+) /.exec(await read(proc, "loadavg"))?.[1] ?? Number.NaN);
  const [files = Number.NaN, , filesMax = Number.NaN] = (await read(proc, "sys/fs/file-nr"))
    .split(/\s+/)
    .map(Number);
  const holder = await largestGuest(sys);
  const all: readonly Usage[] = [
    { resource: "kernel.pid_max", used: threads, most: pidMax, holder },
    { resource: "kernel.threads-max", used: threads, most: threadsMax, holder },
    { resource: "net.netfilter.nf_conntrack_max", used: connections, most: connectionsMax },
    { resource: "fs.file-max", used: files, most: filesMax },
    ...keyUsages(await read(proc, "key-users")),
    ...memoryUsage(await read(proc, "meminfo")),
  ];
  return all.filter(({ used, most }) => !Number.isNaN(used) && !Number.isNaN(most));
}

/** The kernel counts keys for each user; all unprivileged containers without a range of their own share theirs. */
function keyUsages(text: string): readonly Usage[] {
  const users = [...text.matchAll(/^\s*(\d+):\s+\d+ \S+ (\d+)\/(\d+) (\d+)\/(\d+)$/gm)];
  return users.flatMap(([, uid = "", keys = "", maxKeys = "", bytes = "", maxBytes = ""]) => [
    { resource: `kernel.keys.maxkeys of user ${uid}`, used: Number(keys), most: Number(maxKeys) },
    { resource: `kernel.keys.maxbytes of user ${uid}`, used: Number(bytes), most: Number(maxBytes) },
  ]);
}

/** The machine's memory in bytes. */
export interface Memory {
  readonly total: number;
  /** What new processes can have without swapping. */
  readonly available: number;
}

/** @returns undefined where the kernel does not tell. */
export function readMemory({ proc }: Pick<HostPaths, "proc">): Promise<Memory | undefined> {
  return Promise.resolve().then(() => memoryIn(readNow(join(proc, "meminfo"))));
}

function memoryIn(text: string): Memory | undefined {
  const bytes = (name: string) =>
    Number(new RegExp(`^${name}:\\s+(\\d+) kB$`, "m").exec(text)?.[1] ?? Number.NaN) * KIB;
  const [total, available] = [bytes("MemTotal"), bytes("MemAvailable")];
  return Number.isNaN(total) || Number.isNaN(available) ? undefined : { total, available };
}

const KIB = 1024;

function memoryUsage(text: string): readonly Usage[] {
  const memory = memoryIn(text);
  if (memory === undefined) return [];
  const { total, available } = memory;
  return [{ resource: "the machine's memory (KiB)", used: (total - available) / KIB, most: total / KIB }];
}

const PAYLOAD = "lxc.payload.";

/** The instance with the most processes, from the control groups that LXD makes for instances. */
async function largestGuest(sys: string): Promise<Usage["holder"]> {
  const counts: { readonly name: string; readonly used: number }[] = [];
  // One hierarchy for all controllers, or one of its own for processes.
  for (const root of [join(sys, "fs/cgroup"), join(sys, "fs/cgroup/pids")]) {
    const groups = (await readdir(root).catch(() => [])).filter((name) => name.startsWith(PAYLOAD));
    for (const group of groups) {
      const used = Number((await read(root, group, "pids.current")).trim() || 0);
      counts.push({ name: group.slice(PAYLOAD.length), used });
    }
  }
  return counts.reduce<Usage["holder"]>(
    (most, one) => (one.used > (most?.used ?? 0) ? one : most),
    undefined,
  );
}

function read(...path: string[]): Promise<string> {
  return readFile(join(...path), "utf8").catch(() => "");
}

/** In one turn: each round asks. */
function readNow(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}
