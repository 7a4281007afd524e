import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { systemClock } from "charm-kit";
import { ServiceProcess } from "../support/rig/service-process.ts";
import { until } from "../support/rig/until.ts";
import type { Bench } from "./bench.ts";
import { median } from "./median.ts";
import { milliseconds, ratio } from "./table.ts";
import { timeInUnit } from "./time-in-unit.ts";

const ROUNDS = 20;
const RUNNERS = 2;
const QUIET_MS = 20_000;
/** Linux's unit in `/proc/<pid>/stat`. */
const TICK_MS = 10;

/** What the runner service costs while nothing happens, and what update-status costs beside it. */
export const serviceBench: Bench = {
  name: "service",
  run: async ({ rig, repeat, progress, signal }) => {
    const service = new ServiceProcess(rig);
    service.start();
    try {
      await rig.configure({ "virtual-machines": String(RUNNERS), "standby-runners": "0" }, signal);
      await rig.github.call("wait-for-runners", { idle: RUNNERS, registered: RUNNERS }, signal);
      const isQuiet = async () => (await service.status(signal))?.activity.state === "waiting";
      await until("a quiet service", isQuiet, signal);
      const charm = rig.paths.charm(rig.unit);
      const commands = {
        runtime: { file: join(charm, "runtime/bin/node"), argv: ["-e", "0"] },
        update: { file: join(charm, "dispatch"), environment: { JUJU_DISPATCH_PATH: "hooks/update-status" } },
      };
      const series = await timeInUnit(rig, { commands, rounds: Math.max(ROUNDS, repeat) }, signal);
      progress(`Nothing happens for ${QUIET_MS / 1000} s`);
      const { pid } = service;
      const before = await usageOf(pid);
      await systemClock.wait(QUIET_MS, signal);
      const after = await usageOf(pid);
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
          title: `The runner service while nothing happens, with ${RUNNERS} runners`,
          columns: ["", "measured"],
          rows: [
            ["resident memory", `${(after.residentBytes / 1024 ** 2).toFixed(1)} MiB`],
            ["without the runtime's file", `${(after.ownBytes / 1024 ** 2).toFixed(1)} MiB`],
            [`processor time in ${QUIET_MS / 1000} s`, `${after.cpuMs - before.cpuMs} ms`],
          ],
          notes: ["Processor time is counted in steps of 10 ms."],
        },
      ];
    } finally {
      await service.kill("SIGTERM");
      await rig.configure({ "virtual-machines": "0", "standby-runners": "1" }, signal);
      await rig.github.call("wait-for-runners", { registered: 0 }, signal);
    }
  },
};

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
