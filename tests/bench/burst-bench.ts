import { loadavg } from "node:os";
import { messageOf, systemClock } from "charm-kit";
import type { ServiceProcess } from "../support/rig/service-process.ts";
import type { Rig } from "../support/rig/rig.ts";
import { until } from "../support/rig/until.ts";
import type { Bench, BenchContext } from "./bench.ts";
import { settled } from "./demand-bench.ts";
import { holdingsOf, type Holdings } from "./holdings.ts";
import { burstRows, type JobTimes } from "./burst-figures.ts";
import { agreed, runBurst } from "./job-burst.ts";
import { percentile } from "./percentile.ts";
import { milliseconds, type Table } from "./table.ts";
import { withService } from "./with-service.ts";

/** Long enough that none of the first wave ends before all have begun. */
const FIRST_WAVE_SECONDS = 60;
const LOAD_EVERY_MS = 30_000;
const STANDBY = { "idle-runners": "0", "standby-runners": "1" } as const;

/** The pool is as large as the first configuration wants it. */
export function burstOptions({ runners }: BenchContext["burst"]): Readonly<Record<string, string>> {
  return { scaling: "demand", "virtual-machines": String(runners), ...STANDBY };
}

/**
 * One large burst on one unit beside the ideal, and what its service and the machine hold before and after it. It takes
 * an hour with the usual figures, so it runs only when it is named.
 */
export const burstBench: Bench = {
  name: "demand-burst",
  run: (context) => {
    const { rig, burst, progress, signal } = context;
    return withService(context, burstOptions(burst), async (service) => {
      try {
        await rig.github.call("wait-for-scale-set", { name: rig.slug }, signal);
        return await measure(context, service);
      } catch (thrown) {
        // The end of the unit may fail as well, and hide it.
        progress(`${service.output.slice(-20_000)}\n${messageOf(thrown)}`);
        throw thrown;
      }
    });
  },
};

async function measure(
  { rig, burst, progress, signal }: BenchContext,
  service: ServiceProcess,
): Promise<readonly Table[]> {
  const { jobs, runners, seconds } = burst;
  await settled(rig, STANDBY, signal);
  progress(`The first wave: ${runners} jobs on ${runners} runners`);
  const first = await runBurst(rig, { jobs: runners, seconds: FIRST_WAVE_SECONDS }, signal);
  await agreed(rig, signal);
  // What is compiled and kept once is there after the first wave.
  const before = await restOf(rig, service, signal);
  progress(`${jobs} jobs of ${seconds} s on ${runners} runners`);
  const load = new LoadRecord();
  const all = await load.during(
    runBurst(rig, burst, signal, (ended) => {
      if (ended % 50 === 0) progress(`${ended} of ${jobs} jobs have ended; ${load.latest}`);
    }),
    signal,
  );
  const counted = await agreed(rig, signal);
  const after = await restOf(rig, service, signal);
  return [
    firstWave(first),
    throughput(burst, all, { counted, load: load.summary }),
    comparison(before, after, jobs),
  ];
}

async function restOf(rig: Rig, service: ServiceProcess, signal: AbortSignal): Promise<Holdings> {
  await settled(rig, STANDBY, signal);
  const read = () => holdingsOf(rig, service, signal).catch(() => undefined);
  return until("what the unit holds to be read", read, signal);
}

/** The load of the machine while something is measured. */
class LoadRecord {
  readonly #seen: number[] = [];

  get latest(): string {
    return `load ${(loadavg()[0] ?? 0).toFixed(1)}`;
  }

  get summary(): string {
    if (this.#seen.length === 0) return this.latest;
    const [middle, most] = [percentile(0.5, this.#seen), percentile(1, this.#seen)];
    return `load ${middle.toFixed(1)} as a median, ${most.toFixed(1)} at most`;
  }

  async during<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
    const done = new AbortController();
    const stop = AbortSignal.any([signal, done.signal]);
    const recording = this.#record(stop);
    try {
      return await work;
    } finally {
      done.abort();
      await recording;
    }
  }

  async #record(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      this.#seen.push(loadavg()[0] ?? 0);
      await systemClock.wait(LOAD_EVERY_MS, signal).catch(() => undefined);
    }
  }
}

function firstWave(jobs: readonly JobTimes[]): Table {
  const waits = jobs.map(({ createdAt, startedAt }) => startedAt - createdAt);
  return {
    title: `From no runner to ${jobs.length}: from a job's queueing until a runner has it`,
    columns: ["", "first", "p50", "last"],
    rows: [
      [
        `${jobs.length} jobs at once, one standby instance`,
        ...[percentile(1 / jobs.length, waits), percentile(0.5, waits), percentile(1, waits)].map(
          milliseconds,
        ),
      ],
    ],
    notes: [],
  };
}

function throughput(
  burst: BenchContext["burst"],
  all: readonly JobTimes[],
  { counted, load }: { readonly counted: string; readonly load: string },
): Table {
  const { jobs, runners, seconds } = burst;
  return {
    title: `A burst of ${jobs} jobs of ${seconds} s on ${runners} runners, from the first one's queueing to the last one's end`,
    columns: ["", "measured"],
    rows: [
      ...burstRows(burst, runners, all),
      ["assigned jobs afterwards, as GitHub and the unit count them", counted],
    ],
    notes: [`Each job was given to one runner, and ended with success. ${load}.`],
  };
}

function comparison(before: Holdings, after: Holdings, jobs: number): Table {
  const show = (value: number) => (Number.isInteger(value) ? String(value) : value.toFixed(1));
  const directories = [...new Set([...Object.keys(before.filesOf), ...Object.keys(after.filesOf)])].sort();
  return {
    title: `What the unit holds at rest, before and after ${jobs} jobs`,
    columns: ["", "before", "after"],
    rows: [
      ...NUMBERS.map((name) => [LABELS[name], show(before[name]), show(after[name])]),
      ...directories.map((name) => [
        `of these files, in ${name === "" ? "no directory" : name}`,
        ...[before, after].map(({ filesOf }) => show(filesOf[name] ?? 0)),
      ]),
    ],
    notes: [],
  };
}

const LABELS: Readonly<Record<Exclude<keyof Holdings, "filesOf">, string>> = {
  residentMiB: "resident memory of the service, MiB",
  ownMiB: "of that, memory of no file, MiB",
  descriptors: "open descriptors of the service",
  threads: "threads of the service",
  instances: "instances",
  volumes: "volumes",
  images: "images",
  profiles: "profiles",
  networks: "networks",
  mounts: "mounts",
  registrations: "registrations at GitHub",
  files: "files in the unit's directory",
};
const NUMBERS = Object.keys(LABELS) as readonly (keyof typeof LABELS)[];
