import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { ServiceProcess } from "../support/rig/service-process.ts";
import type { Rig } from "../support/rig/rig.ts";
import { until } from "../support/rig/until.ts";
import type { Bench, BenchContext } from "./bench.ts";
import { openClones } from "./fleet-bench.ts";
import { interleave } from "./interleave.ts";
import { median } from "./median.ts";
import { milliseconds, ratio, type Table } from "./table.ts";

/** Jobs of one round: a configuration costs a hook, and a job costs little. */
const JOBS = 3;
/** As many as two processors can hold beside the rest; the goal of 1000 on 32 needs a larger machine. */
const BURST = { jobs: 60, runners: 8, seconds: 20 } as const;

/** How a unit waits for a job. */
const WAYS = {
  idle: { "idle-runners": "1", "standby-runners": "0" },
  warm: { "idle-runners": "0", "standby-runners": "1" },
  cold: { "idle-runners": "0", "standby-runners": "0" },
} as const;
type Way = keyof typeof WAYS;

/** Scaling on demand: a job's way to its first step beside GitHub's own assignment, and a burst beside the ideal. */
export const demandBench: Bench = {
  name: "demand",
  run: async (context) => {
    const { rig, signal } = context;
    const service = new ServiceProcess(rig);
    service.start();
    try {
      await rig.configure({ scaling: "demand", "virtual-machines": String(BURST.runners) }, signal);
      await rig.github.call("wait-for-scale-set", { name: rig.slug }, signal);
      return [await firstSteps(context), await burst(context)];
    } finally {
      await service.kill("SIGTERM");
      await rig.configure(
        { scaling: "fixed", "virtual-machines": "0", "idle-runners": "0", "standby-runners": "1" },
        signal,
      );
      await rig.github.call("wait-for-runners", { registered: 0 }, signal);
    }
  },
};

async function firstSteps({ rig, repeat, progress, signal }: BenchContext): Promise<Table> {
  const clones = await openClones(rig, signal);
  const all: Record<Way, number[]> = { idle: [], warm: [], cold: [] };
  const waiting = async (way: Way) => {
    progress(`${JOBS} jobs, ${way}`);
    await rig.configure(WAYS[way], signal);
    for (let job = 0; job < JOBS; job++) {
      await settled(rig, WAYS[way], signal);
      all[way].push(await timeToFirstStep(rig, signal));
    }
    return median(all[way].slice(-JOBS));
  };
  try {
    const series = await interleave(
      {
        idle: () => waiting("idle"),
        warm: () => waiting("warm"),
        cold: () => waiting("cold"),
        clone: () => clones.timeOne(),
      },
      repeat,
    );
    const own = median(series.idle);
    const clone = median(series.clone);
    const row = (label: string, way: Way) => [
      label,
      milliseconds(median(all[way])),
      milliseconds(percentile95(all[way])),
      milliseconds(median(all[way]) - own),
      // Only where an instance is cloned.
      way === "cold" ? milliseconds(median(all[way]) - own - clone) : "",
    ];
    return {
      title: "From a queued job to its first step",
      columns: ["", "median", "95th percentile", "above the stand-in's own", "above that and a clone"],
      rows: [
        row("idle runner: the stand-in's own assignment", "idle"),
        row("no runner, one standby instance", "warm"),
        row("no runner, no standby instance", "cold"),
        ["one instance cloned and started by hand, until its system is up", milliseconds(clone), "", "", ""],
      ],
      notes: [`${JOBS} jobs in each of ${repeat} rounds.`],
    };
  } finally {
    await clones.takeDown();
    await clones.close();
  }
}

/** Waits until the unit waits for a job in this way, and does nothing else. */
async function settled(rig: Rig, way: (typeof WAYS)[Way], signal: AbortSignal): Promise<void> {
  const idle = Number(way["idle-runners"]);
  const standby = Number(way["standby-runners"]);
  await rig.github.call("wait-for-runners", { idle, registered: idle }, signal);
  await until(
    "the standby instances",
    async () => {
      const instances = await rig.lxd.instances(rig.slug, signal);
      const own = instances.filter(({ config }) => config["user.github-runner.role"] === "runner");
      const resting = own.filter(
        ({ config, status }) => config["user.github-runner.phase"] === "standby" && status === "Frozen",
      );
      return own.length === idle + standby && resting.length === standby;
    },
    signal,
  );
}

/** Both are read from the clock of this machine. */
async function timeToFirstStep(rig: Rig, signal: AbortSignal): Promise<number> {
  const { id, createdAt } = await rig.queue(["date +first-step=%s%3N"], signal);
  const { conclusion, log } = await rig.ended(id, signal);
  const [, at] = /first-step=(\d+)/.exec(log) ?? [];
  if (conclusion !== "success" || at === undefined)
    throw new Error(`Job ${id} ended with ${conclusion}: ${log}`);
  return Number(at) - createdAt;
}

async function burst({ rig, progress, signal }: BenchContext): Promise<Table> {
  const { jobs: count, runners, seconds } = BURST;
  await rig.configure(WAYS.warm, signal);
  await settled(rig, WAYS.warm, signal);
  progress(`${count} jobs of ${seconds} s on ${runners} runners`);
  const queued = await Promise.all(
    Array.from({ length: count }, () => rig.queue([`sleep ${seconds}`], signal)),
  );
  const ends = await Promise.all(
    queued.map(({ id }) => rig.github.call("wait-for-job", { id, status: "completed" }, signal)),
  );
  const failed = ends.filter(({ conclusion, assignments }) => conclusion !== "success" || assignments !== 1);
  if (failed.length > 0) throw new Error(`Of ${count} jobs, these went wrong: ${JSON.stringify(failed)}`);
  const began = Math.min(...ends.map(({ createdAt }) => createdAt));
  const tookMs = Math.max(...ends.map(({ completedAt = 0 }) => completedAt)) - began;
  const idealMs = (count * seconds * 1000) / runners;
  const figures = await agreed(rig, signal);
  return {
    title: `A burst of ${count} jobs of ${seconds} s on ${runners} runners`,
    columns: ["", "measured", "times the ideal"],
    rows: [
      ["ideal: jobs without anything between them", milliseconds(idealMs), ratio(idealMs, idealMs)],
      ["from the first job's queueing to the last one's end", milliseconds(tookMs), ratio(tookMs, idealMs)],
      ["jobs that were lost, given to several runners, or failed", String(failed.length), ""],
      ["assigned jobs afterwards, as GitHub and the unit count them", figures, ""],
    ],
  };
}

/** Waits until the unit has heard what GitHub counts. @returns both numbers */
async function agreed(rig: Rig, signal: AbortSignal): Promise<string> {
  await rig.github.call("wait-for-runners", { registered: 0 }, signal);
  return until(
    "what GitHub and the unit count to agree",
    async () => {
      const [set] = await rig.github.call("list-scale-sets", null, signal);
      const heard = JSON.parse(await readFile(join(rig.dataDirectory, "demand.json"), "utf8")) as {
        readonly assigned: number;
        readonly running: number;
      };
      const counted = set?.statistics;
      const isSame =
        counted?.totalAssignedJobs === heard.assigned && counted.totalRunningJobs === heard.running;
      return isSame && `${counted.totalAssignedJobs} and ${heard.assigned}`;
    },
    signal,
  );
}

function percentile95(values: readonly number[]): number {
  const sorted = values.toSorted((left, right) => left - right);
  return sorted[Math.ceil(sorted.length * 0.95) - 1] ?? 0;
}
