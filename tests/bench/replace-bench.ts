import type { Rig } from "../support/rig/rig.ts";
import { until } from "../support/rig/until.ts";
import type { Bench, BenchContext } from "./bench.ts";
import { openClones } from "./fleet-bench.ts";
import { interleave } from "./interleave.ts";
import { LifecycleRecord } from "./lifecycle-record.ts";
import { median } from "./median.ts";
import { percentileCells, PERCENTILES } from "./percentile.ts";
import { milliseconds, ratio, type Table } from "./table.ts";
import { phasesOf, type Mark, type Phase } from "./timeline.ts";
import { withService } from "./with-service.ts";

/** Jobs of one round: a configuration costs a hook, and a job costs little. */
const JOBS = 3;

const LABELS = [
  "LXD: runner shut down",
  "LXD: runner deleted",
  "GitHub: list",
  "GitHub: registration",
  "LXD: cloned",
  "LXD: started",
  "LXD: unfrozen",
  "LXD: payload delivered",
  "replacement online",
] as const;

const LIFECYCLE: Readonly<Record<string, (typeof LABELS)[number]>> = {
  "instance-shutdown": "LXD: runner shut down",
  "instance-deleted": "LXD: runner deleted",
  "instance-created": "LXD: cloned",
  "instance-started": "LXD: started",
  "instance-resumed": "LXD: unfrozen",
  "instance-exec": "LXD: payload delivered",
};

/** One used runner, from its job's end to the moment at which GitHub sees another one idle. */
interface Replacement {
  readonly onlineMs: number;
  readonly phases: readonly Phase[];
}

/** A used runner's replacement by the runner service, with a standby instance and without, beside a clone made by hand. */
export const replaceBench: Bench = {
  name: "replace",
  run: (context) => withService(context, { "virtual-machines": "1" }, () => measure(context)),
};

async function measure(context: BenchContext): Promise<readonly Table[]> {
  const { rig, repeat, progress, signal } = context;
  const clones = await openClones(rig, signal);
  const runs: Record<"0" | "1", Replacement[]> = { "0": [], "1": [] };
  const replacing = async (standby: "0" | "1") => {
    progress(`${JOBS} jobs with ${standby} standby instances`);
    await rig.configure({ "virtual-machines": "1", "standby-runners": standby }, signal);
    const found: Replacement[] = [];
    for (let job = 0; job < JOBS; job++) {
      await settled(rig, Number(standby), signal);
      found.push(await replace(rig, signal));
    }
    runs[standby].push(...found);
    return median(found.map(({ onlineMs }) => onlineMs));
  };
  try {
    const series = await interleave(
      {
        standby: () => replacing("1"),
        cold: () => replacing("0"),
        clone: () => clones.timeOne(),
      },
      repeat,
    );
    const clone = median(series.clone);
    const row = (label: string, took: number) => [
      label,
      milliseconds(took),
      milliseconds(Math.max(0, took - clone)),
      ratio(took, clone),
    ];
    return [
      {
        title: "From a job's end to the next runner online",
        columns: ["", "median", "above the clone", "times the clone"],
        rows: [
          row("one instance cloned and started by hand, until its system is up", clone),
          row("replacement from a standby instance", median(series.standby)),
          row("replacement without one", median(series.cold)),
        ],
        notes: [`The median of ${JOBS} jobs in each of ${repeat} rounds.`],
      },
      percentiles(runs),
      timetable("with a standby instance", runs["1"]),
      timetable("without one", runs["0"]),
    ];
  } finally {
    await clones.takeDown();
    await clones.close();
  }
}

/** Waits until the runner is idle and the standby instances rest, so that nothing else is at work. */
async function settled(rig: Rig, standby: number, signal: AbortSignal): Promise<void> {
  await rig.github.call("wait-for-runners", { idle: 1, registered: 1 }, signal);
  await until(
    "the standby instances",
    async () => {
      const instances = await rig.lxd.instances(rig.slug, signal);
      const own = instances.filter(({ config }) => config["user.github-runner.role"] === "runner");
      const resting = own.filter(
        ({ config, status }) => config["user.github-runner.phase"] === "standby" && status === "Frozen",
      );
      return own.length === 1 + standby && resting.length === standby;
    },
    signal,
  );
}

async function replace(rig: Rig, signal: AbortSignal): Promise<Replacement> {
  const record = await LifecycleRecord.open(rig.lxd.client, signal);
  const { id } = await rig.queue(["true"], signal);
  await rig.github.call("wait-for-job", { id, status: "completed" }, signal);
  const endedAt = performance.timeOrigin + performance.now();
  await rig.github.call("wait-for-runners", { idle: 1, registered: 1 }, signal);
  const onlineAt = performance.timeOrigin + performance.now();
  record.close();
  const requests = await rig.github.call("requests", null, signal);
  const marks: readonly Mark[] = [
    { what: "replacement online", at: onlineAt },
    ...requests.flatMap(({ method, path, at }) => {
      if (at < endedAt) return [];
      if (method === "POST" && path.endsWith("generate-jitconfig"))
        return [{ what: "GitHub: registration", at }];
      return method === "GET" && path.includes("/actions/runners?") ? [{ what: "GitHub: list", at }] : [];
    }),
    ...record.entries.flatMap(({ action, name, at }) => {
      const what = LIFECYCLE[action];
      return what !== undefined && name.startsWith(`${rig.slug}-`) ? [{ what, at }] : [];
    }),
  ];
  return { onlineMs: onlineAt - endedAt, phases: phasesOf(LABELS, marks, endedAt) };
}

/** What the objective is held against, docs/reference/objective.md. */
function percentiles(runs: Readonly<Record<"0" | "1", readonly Replacement[]>>): Table {
  const row = (label: string, found: readonly Replacement[]) => {
    const took = found.map(({ onlineMs }) => onlineMs);
    return [label, ...percentileCells(took), String(took.length)];
  };
  return {
    title: "The place of a used runner until the next is online",
    columns: ["", ...PERCENTILES, "replacements"],
    rows: [row("from a standby instance", runs["1"]), row("without one", runs["0"])],
    notes: [],
  };
}

function timetable(how: string, runs: readonly Replacement[]): Table {
  const at = (label: string, which: "first" | "last") => {
    const instants = runs.flatMap(
      ({ phases }) => phases.find((phase) => phase.label === label)?.[which] ?? [],
    );
    return instants.length === 0 ? "-" : milliseconds(median(instants));
  };
  return {
    title: `Where the time goes ${how}`,
    columns: ["since the job's end", "first", "last"],
    rows: LABELS.map((label) => [label, at(label, "first"), at(label, "last")]),
  };
}
