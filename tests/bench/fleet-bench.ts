import { existsSync } from "node:fs";
import { findSocket } from "lxd-client";
import type { Rig } from "../support/rig/rig.ts";
import type { Bench, BenchContext } from "./bench.ts";
import { interleave } from "./interleave.ts";
import { median } from "./median.ts";
import { milliseconds, ratio, type Table } from "./table.ts";
import { bridgePorts } from "../../src/network/bridge-ports.ts";
import { NIC } from "../../src/lxd/port-allocator.ts";
import { RawClones } from "./raw-clones.ts";
import { ScaleUp, type ScaleUpRun } from "./scale-up.ts";

const CONCURRENCIES = [2, 4, 8] as const;

/** Runners from nothing, beside clones of the same template that LXD is asked for directly. */
export const fleetBench: Bench = {
  name: "fleet",
  run: async (context) => [
    ...(await measureFleet(8, CONCURRENCIES, context)),
    ...(await measureFleet(1, [1], context)),
  ],
};

async function measureFleet(
  count: number,
  concurrencies: readonly number[],
  { rig, agent, repeat, progress, signal }: BenchContext,
): Promise<readonly Table[]> {
  const clones = await openClones(rig, signal);
  const scaleUp = new ScaleUp(rig, agent);
  const runs: ScaleUpRun[] = [];
  const cloning = async (concurrency: number) => {
    progress(`${count} clones, ${concurrency} at a time`);
    const took = await clones.bringUp(count, concurrency);
    await clones.takeDown();
    return took;
  };
  const measures = {
    ours: async () => {
      progress(`0 to ${count} runners by dispatch`);
      const run = await scaleUp.run(count, signal);
      runs.push(run);
      return run.onlineMs;
    },
    ...Object.fromEntries(
      concurrencies.map((concurrency) => [`clones ${concurrency}`, () => cloning(concurrency)]),
    ),
  };
  try {
    const series = await interleave(measures, repeat);
    return [comparison(count, series, runs), timetable(count, runs)];
  } finally {
    await clones.takeDown();
    await clones.close();
  }
}

export async function openClones(rig: Rig, signal: AbortSignal): Promise<RawClones> {
  const all = await rig.lxd.instances(rig.slug, signal);
  const template = all.find(({ config }) => config["user.github-runner.role"] === "template");
  const profiles = (await rig.lxd.client.profiles.list(signal)).map(({ name }) => name);
  if (!template) throw new Error("The unit has no template to clone");
  const { network: bridge = "", ...device } = template.expanded_devices[NIC] ?? {};
  const { config } = await rig.lxd.client.networks.get(bridge, signal);
  // The charm gives out ports in another order, and none that an instance has.
  const ports = bridgePorts(bridge, config["ipv4.address"] ?? "").toReversed();
  return new RawClones({
    socket: findSocket(process.env, existsSync)?.path ?? "",
    template: template.name,
    profiles: profiles.filter((name) => name.startsWith(`${rig.slug}-`)).sort(byBaseFirst),
    prefix: "bench-clone",
    devices: ports.map(({ name, mac, address }) => ({
      ...device,
      network: bridge,
      host_name: name,
      hwaddr: mac,
      "ipv4.address": address,
    })),
  });
}

/** A profile overrides those before it, so the order is the charm's: what all runners have, then the resources. */
function byBaseFirst(left: string, right: string): number {
  return Number(right.endsWith("-runner")) - Number(left.endsWith("-runner"));
}

function comparison(
  count: number,
  series: Readonly<Record<string, readonly number[]>>,
  runs: readonly ScaleUpRun[],
): Table {
  const { ours = [], ...others } = series;
  const raw = Object.entries(others).map(([name, values]) => ({ name, median: median(values) }));
  const best = raw.reduce((left, right) => (right.median < left.median ? right : left));
  const row = (label: string, took: number) => [label, milliseconds(took), ratio(took, best.median)];
  const noun = count === 1 ? "1 runner" : `${count} runners`;
  return {
    title: `0 to ${noun} beside clones by the raw LXD API`,
    columns: ["", "median", "times the best clones"],
    rows: [
      ...raw.map(({ name, median: took }) => row(`${name.replace("clones ", "clones, ")} at a time`, took)),
      row("runners, from the change until all are idle at GitHub", median(ours)),
      row("runners, until the verb of the agent returns", median(runs.map(({ settledMs }) => settledMs))),
    ],
    notes: [`Rounds of ours: ${ours.map((took) => took.toFixed(0)).join(", ")} ms.`],
  };
}

function timetable(count: number, runs: readonly ScaleUpRun[]): Table {
  const labels = runs[0]?.phases.map(({ label }) => label) ?? [];
  const at = (label: string, which: "first" | "last") => {
    const instants = runs.flatMap(
      ({ phases }) => phases.find((phase) => phase.label === label)?.[which] ?? [],
    );
    return instants.length === 0 ? "-" : milliseconds(median(instants));
  };
  return {
    title: `Where the time goes, 0 to ${count}`,
    columns: ["since the change", "first", "last"],
    rows: labels.map((label) => [label, at(label, "first"), at(label, "last")]),
  };
}
