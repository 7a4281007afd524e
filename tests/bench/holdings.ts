import { readdir, readFile } from "node:fs/promises";
import { runProcess } from "charm-kit";
import type { Rig } from "../support/rig/rig.ts";
import type { ServiceProcess } from "../support/rig/service-process.ts";

/** What a unit and its service hold: a leak makes one of these larger with each job. */
export interface Holdings {
  readonly residentMiB: number;
  /** Of no file, which other processes of the same runtime share. */
  readonly ownMiB: number;
  readonly descriptors: number;
  readonly threads: number;
  readonly instances: number;
  readonly volumes: number;
  readonly images: number;
  readonly profiles: number;
  readonly networks: number;
  /** Of the machine, below the unit's directory. */
  readonly mounts: number;
  /** In the unit's directory. */
  readonly files: number;
  /** The same by the directories in it; "" for those in none. */
  readonly filesOf: Readonly<Record<string, number>>;
  /** At GitHub. */
  readonly registrations: number;
}

/** Reads what a unit at rest holds. */
export async function holdingsOf(
  rig: Rig,
  service: Pick<ServiceProcess, "pid">,
  signal: AbortSignal,
): Promise<Holdings> {
  const process = `/proc/${service.pid}`;
  const [status, descriptors, inventory, volumes, mounts, files, registrations] = await Promise.all([
    readFile(`${process}/status`, "utf8"),
    readdir(`${process}/fd`),
    rig.lxd.inventory(signal),
    volumesOf(rig, signal),
    readFile("/proc/self/mounts", "utf8"),
    rig.dataFiles(),
    rig.registrations(signal),
  ]);
  const number = (name: string) => Number(new RegExp(`^${name}:\\s+(\\d+)`, "m").exec(status)?.[1]);
  // Of the unit alone: others may be at work on the same LXD.
  const own = (kind: string) =>
    [...inventory].filter(
      (line) => line.startsWith(`${kind} `) && (line.includes(rig.slug) || line.includes(rig.unit)),
    ).length;
  return {
    residentMiB: number("VmRSS") / 1024,
    ownMiB: number("RssAnon") / 1024,
    descriptors: descriptors.length,
    threads: number("Threads"),
    instances: own("instance"),
    volumes,
    images: own("image"),
    profiles: own("profile"),
    networks: own("network"),
    mounts: mounts.split("\n").filter((line) => line.includes(rig.dataDirectory)).length,
    files: files.split("\n").length,
    filesOf: Object.fromEntries(
      Object.entries(Object.groupBy(files.split("\n"), directoryOf)).map(([name, of]) => [
        name,
        of?.length ?? 0,
      ]),
    ),
    registrations: registrations.length,
  };
}

function directoryOf(path: string): string {
  const [first = "", ...others] = path.split("/");
  return others.length === 0 ? "" : first;
}

/** Volumes of all kinds in the unit's own pool. */
async function volumesOf(rig: Rig, signal: AbortSignal): Promise<number> {
  const pools = await rig.lxd.client.storagePools.list(signal);
  const own = pools.filter(({ description }) => description.includes(rig.unit));
  const lists = await Promise.all(
    own.map(async ({ name }) => {
      const words = ["lxc", "query", `/1.0/storage-pools/${name}/volumes`];
      const { stdout } = await runProcess(words, { action: "list volumes", limitMs: 60_000, signal });
      return JSON.parse(stdout) as readonly string[];
    }),
  );
  return lists.flat().length;
}
