import { spawn } from "node:child_process";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { systemClock } from "charm-kit";
import { awaitRound } from "../../src/unit/ask-service.ts";
import type { ServiceProcess } from "../support/rig/service-process.ts";
import { until } from "../support/rig/until.ts";
import type { Bench, BenchContext } from "./bench.ts";
import { median } from "./median.ts";
import { milliseconds, ratio, type Table } from "./table.ts";
import { timeInUnit } from "./time-in-unit.ts";
import { withService } from "./with-service.ts";

const ROUNDS = 20;
const RUNNERS = 2;
const QUIET_MS = 20_000;
/** After so many rounds, what is compiled and kept from round to round is there. */
const WARM_ROUNDS = 100;
/** Linux's unit in `/proc/<pid>/stat`. */
const TICK_MS = 10;

/** What the runner service costs while nothing happens, and what update-status costs beside it. */
export const serviceBench: Bench = {
  name: "service",
  run: (context) =>
    withService(context, { "virtual-machines": String(RUNNERS), "standby-runners": "0" }, (service) =>
      measure(context, service),
    ),
};

async function measure(
  { rig, repeat, progress, signal }: BenchContext,
  service: ServiceProcess,
): Promise<readonly Table[]> {
  await rig.github.call("wait-for-runners", { idle: RUNNERS, registered: RUNNERS }, signal);
  const isQuiet = async () => (await service.status(signal))?.activity.state === "waiting";
  await until("a quiet service", isQuiet, signal);
  const charm = rig.paths.charm(rig.unit);
  const commands = {
    runtime: { file: join(charm, "runtime/bin/node"), argv: ["-e", "0"] },
    update: { file: join(charm, "dispatch"), environment: { JUJU_DISPATCH_PATH: "hooks/update-status" } },
  };
  const series = await timeInUnit(rig, { commands, rounds: Math.max(ROUNDS, repeat) }, signal);
  const { pid } = service;
  const atStart = await usageOf(pid);
  progress(`Doing ${WARM_ROUNDS} rounds that find nothing to do`);
  const socket = join(rig.dataDirectory, "service.sock");
  for (let round = 0; round < WARM_ROUNDS; round += 1) await awaitRound(socket, signal);
  progress(`Nothing happens for ${QUIET_MS / 1000} s`);
  const before = await usageOf(pid);
  await systemClock.wait(QUIET_MS, signal);
  const after = await usageOf(pid);
  const idle = await idleRuntime(commands.runtime.file, signal);
  const base = median(series.runtime);
  return [
    {
      title: "update-status beside a healthy runner service",
      columns: ["", "median", "times node -e 0"],
      rows: [
        ["node -e 0", milliseconds(base), ratio(base, base)],
        [
          "dispatch of update-status",
          milliseconds(median(series.update)),
          ratio(median(series.update), base),
        ],
      ],
      notes: [],
    },
    {
      title: `The memory of the runner service, with ${RUNNERS} runners`,
      columns: ["", "resident", "without the runtime's file"],
      rows: (
        [
          ["node -e that waits", idle],
          ["after the start", atStart],
          [`after ${WARM_ROUNDS} rounds`, before],
          [`${QUIET_MS / 1000} s later`, after],
        ] as const
      ).map(([label, { residentBytes, ownBytes }]) => [label, mebibytes(residentBytes), mebibytes(ownBytes)]),
      notes: [
        `Processor time in these ${QUIET_MS / 1000} s: ${after.cpuMs - before.cpuMs} ms, in steps of 10 ms.`,
      ],
    },
  ];
}

function mebibytes(bytes: number): string {
  return `${(bytes / 1024 ** 2).toFixed(1)} MiB`;
}

/** The least that a process of this runtime takes. */
async function idleRuntime(file: string, signal: AbortSignal): Promise<Usage> {
  const child = spawn(file, ["-e", "setInterval(() => undefined, 1e6)"], { stdio: "ignore", env: {} });
  try {
    await systemClock.wait(2000, signal);
    return await usageOf(child.pid ?? 0);
  } finally {
    child.kill();
  }
}

interface Usage {
  readonly residentBytes: number;
  /** Of no file, which other processes of the same runtime share. */
  readonly ownBytes: number;
  readonly cpuMs: number;
}

async function usageOf(pid: number): Promise<Usage> {
  const [status, stat] = await Promise.all(
    ["status", "stat"].map((file) => readFile(`/proc/${pid}/${file}`, "utf8")),
  );
  const kilobytes = (name: string) =>
    Number(new RegExp(`^${name}:\\s+(\\d+) kB`, "m").exec(status ?? "")?.[1]);
  // The second field is the program's name in brackets, which may have spaces.
  const fields = (stat ?? "").slice((stat ?? "").lastIndexOf(")") + 2).split(" ");
  return {
    residentBytes: kilobytes("VmRSS") * 1024,
    ownBytes: kilobytes("RssAnon") * 1024,
    cpuMs: (Number(fields[11]) + Number(fields[12])) * TICK_MS,
  };
}
