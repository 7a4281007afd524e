import { ServiceProcess } from "../support/rig/service-process.ts";
import type { Rig } from "../support/rig/rig.ts";
import { until } from "../support/rig/until.ts";
import type { Bench, BenchContext } from "./bench.ts";
import { openClones } from "./fleet-bench.ts";
import { interleave } from "./interleave.ts";
import { spanOf } from "./burst-figures.ts";
import { agreed, runBurst } from "./job-burst.ts";
import { median } from "./median.ts";
import { percentile } from "./percentile.ts";
import { milliseconds, ratio, type Table } from "./table.ts";

/** Jobs of one round: a configuration costs a hook, and a job costs little. */
const JOBS = 3;
/** As many as two processors can hold beside the rest; 1000 jobs on 32 are a run of their own, {@link burstBench}. */
const RUNNERS = 8;
/** Whole waves of jobs: of a part of one, nobody can make use of all runners. */
const BURSTS = [
  { jobs: 8 * RUNNERS, seconds: 20 },
  { jobs: 4 * RUNNERS, seconds: 60 },
] as const;

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
      await rig.configure({ scaling: "demand", "virtual-machines": String(RUNNERS) }, signal);
      await rig.github.call("wait-for-scale-set", { name: rig.slug }, signal);
      const { table, cloneMs } = await firstSteps(context);
      return [table, await bursts(context, cloneMs)];
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

async function firstSteps({
  rig,
  repeat,
  progress,
  signal,
}: BenchContext): Promise<{ readonly table: Table; readonly cloneMs: number }> {
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
    const row = (label: string, way: Way) => {
      const p95 = percentile(0.95, all[way]);
      return [
        label,
        ...[percentile(0.5, all[way]), p95, percentile(0.99, all[way]), p95 - own].map(milliseconds),
        // Only where an instance is cloned.
        way === "cold" ? milliseconds(p95 - own - clone) : "",
      ];
    };
    const table = {
      title: "From a queued job to its first step",
      columns: ["", "p50", "p95", "p99", "p95 above the stand-in's own", "p95 above that and a clone"],
      rows: [
        row("idle runner: the stand-in's own assignment", "idle"),
        row("no runner, one standby instance", "warm"),
        row("no runner, no standby instance", "cold"),
        [
          "one instance cloned and started by hand, until its system is up",
          milliseconds(clone),
          ...["", "", "", ""],
        ],
      ],
      notes: [`${JOBS} jobs in each of ${repeat} rounds; the stand-in's own and the clone are medians.`],
    };
    return { table, cloneMs: clone };
  } finally {
    await clones.takeDown();
    await clones.close();
  }
}

/** Waits until the unit waits for a job in this way, and does nothing else. */
export async function settled(rig: Rig, way: (typeof WAYS)[Way], signal: AbortSignal): Promise<void> {
  const idle = Number(way["idle-runners"]);
  const standby = Number(way["standby-runners"]);
  await rig.github.call("wait-for-runners", { idle, registered: idle }, signal);
  await until(
    "the standby instances",
    async () => {
      // Somebody may restart LXD during a run of an hour.
      const instances = await rig.lxd.instances(rig.slug, signal).catch(() => []);
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

/** @param cloneMs milliseconds of a clone by hand, alone on the machine. */
async function bursts({ rig, progress, signal }: BenchContext, cloneMs: number): Promise<Table> {
  const rows: (readonly string[])[] = [];
  for (const { jobs, seconds } of BURSTS) {
    await rig.configure(WAYS.warm, signal);
    await settled(rig, WAYS.warm, signal);
    progress(`${jobs} jobs of ${seconds} s on ${RUNNERS} runners`);
    const tookMs = spanOf(await runBurst(rig, { jobs, seconds }, signal));
    const waves = jobs / RUNNERS;
    const idealMs = waves * seconds * 1000;
    rows.push([
      `${jobs} jobs of ${seconds} s`,
      ...[idealMs, tookMs].map(milliseconds),
      ratio(tookMs, idealMs),
      ratio(idealMs + waves * cloneMs, idealMs),
      milliseconds((tookMs - idealMs) / waves),
      await agreed(rig, signal),
    ]);
  }
  return {
    title: `A burst of jobs on ${RUNNERS} runners, from the first one's queueing to the last one's end`,
    columns: [
      "",
      "ideal: jobs without anything between them",
      "measured",
      "times the ideal",
      "a clone by hand before each job, times the ideal",
      "beside each job",
      "assigned jobs afterwards, as GitHub and the unit count them",
    ],
    rows,
    notes: ["Each job was given to one runner, and ended with success."],
  };
}
