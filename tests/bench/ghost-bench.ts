import type { Rig } from "../support/rig/rig.ts";
import { until } from "../support/rig/until.ts";
import type { Bench, BenchContext } from "./bench.ts";
import { openClones } from "./fleet-bench.ts";
import { interleave } from "./interleave.ts";
import { median } from "./median.ts";
import { percentileCells, PERCENTILES } from "./percentile.ts";
import { milliseconds, ratio, type Table } from "./table.ts";
import { withService } from "./with-service.ts";

/** Losses of one kind in one round. */
const LOSSES = 2;

/** How an idle runner is lost without a word of its own. */
const WAYS = {
  stopped: {
    label: "its instance is stopped by force, as a lack of memory or a crash does",
    lose: stop,
  },
  deleted: {
    label: "its instance is deleted",
    lose: (rig: Rig, name: string, signal: AbortSignal) => rig.deleteInstance(name, signal),
  },
  forgotten: {
    label: "GitHub forgets its registration",
    lose: (rig: Rig, name: string, signal: AbortSignal) => rig.github.call("drop-runner", { name }, signal),
  },
} as const;
type Way = keyof typeof WAYS;

/** From the loss of a runner to another one that listens, by the runner service, beside a clone made by hand. */
export const ghostBench: Bench = {
  name: "ghost",
  run: (context) =>
    withService(context, { "virtual-machines": "1", "standby-runners": "0" }, async () => [
      await measure(context),
    ]),
};

async function measure({ rig, repeat, progress, signal }: BenchContext): Promise<Table> {
  const clones = await openClones(rig, signal);
  const all: Record<Way, number[]> = { stopped: [], deleted: [], forgotten: [] };
  const losing = async (way: Way) => {
    progress(`${LOSSES} runners: ${WAYS[way].label}`);
    for (let loss = 0; loss < LOSSES; loss++) all[way].push(await timeToSuccessor(rig, way, signal));
    return median(all[way].slice(-LOSSES));
  };
  try {
    const series = await interleave(
      {
        stopped: () => losing("stopped"),
        deleted: () => losing("deleted"),
        forgotten: () => losing("forgotten"),
        clone: () => clones.timeOne(),
      },
      repeat,
    );
    const clone = median(series.clone);
    const row = (way: Way) => [WAYS[way].label, ...percentileCells(all[way]), ratio(median(all[way]), clone)];
    return {
      title: "From the loss of an idle runner to another one online, without standby instances",
      columns: ["", ...PERCENTILES, "times the clone"],
      rows: [
        ["one instance cloned and started by hand, until its system is up", milliseconds(clone), "", "", ""],
        row("stopped"),
        row("deleted"),
        row("forgotten"),
      ],
      notes: [`${LOSSES} losses of each kind in each of ${repeat} rounds.`],
    };
  } finally {
    await clones.takeDown();
    await clones.close();
  }
}

/** LXD refuses while it works on the instance, such as when the unit notes that it is ready. */
async function stop(rig: Rig, name: string, signal: AbortSignal): Promise<void> {
  const { instances } = rig.lxd.client;
  const isStopped = () =>
    instances.changeState(name, { action: "stop", force: true }, signal).then(
      () => true,
      () => false,
    );
  await until(`the stop of ${name}`, isStopped, signal);
}

async function timeToSuccessor(rig: Rig, way: Way, signal: AbortSignal): Promise<number> {
  const [runner] = await rig.github.call("wait-for-runners", { idle: 1, registered: 1 }, signal);
  if (runner === undefined) throw new Error("There is no runner to lose");
  const started = performance.now();
  await WAYS[way].lose(rig, runner.name, signal);
  await rig.github.call("wait-for-runners", { idle: 1, besides: runner.name }, signal);
  const took = performance.now() - started;
  // A unit that loses one after the other waits longer each time.
  const { id } = await rig.queue(["true"], signal);
  await rig.github.call("wait-for-job", { id, status: "completed" }, signal);
  return took;
}
