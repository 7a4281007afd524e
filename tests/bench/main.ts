import { availableParallelism, loadavg } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { packCharm } from "juju-charm/pack";
import { ensureBaseImage } from "../support/base-image/ensure-base-image.ts";
import { ensureLxd } from "../support/lxd/ensure-lxd.ts";
import { Rig } from "../support/rig/rig.ts";
import { AgentMarks } from "./agent-marks.ts";
import type { Bench } from "./bench.ts";
import { dispatchBench } from "./dispatch-bench.ts";
import { fleetBench } from "./fleet-bench.ts";
import { hookToolBench } from "./hook-tool-bench.ts";
import { quietBench } from "./quiet-bench.ts";
import { renderTable } from "./table.ts";

/**
 * `node main.ts [--only NAME]... [--repeat N] [--markdown] [--archive PATH]`: measures the packed charm on the LXD of
 * this machine, beside what does the least that such work can be done with, and prints tables.
 *
 * Only the ratios mean something elsewhere. Both sides of each are measured in turns, in one run.
 */
const BENCHES: readonly Bench[] = [hookToolBench, dispatchBench, quietBench, fleetBench];
const LIMIT_MS = 60 * 60_000;
const CLOSE_MS = 2 * 60_000;

const { values } = parseArgs({
  options: {
    only: { type: "string", multiple: true },
    repeat: { type: "string", default: "5" },
    markdown: { type: "boolean", default: false },
    archive: { type: "string" },
  },
});

function progress(line: string): void {
  console.error(`   ${line}`);
}

function chosen(): readonly Bench[] {
  const { only } = values;
  if (!only) return BENCHES;
  const names = BENCHES.map(({ name }) => name);
  const unknown = only.find((name) => !names.includes(name));
  if (unknown !== undefined) throw new Error(`There is no "${unknown}"; there are ${names.join(", ")}`);
  return BENCHES.filter(({ name }) => only.includes(name));
}

function rounds(): number {
  const repeat = Number(values.repeat);
  if (!Number.isInteger(repeat) || repeat < 1) throw new Error("--repeat takes a whole number from 1");
  return repeat;
}

function load(): string {
  const [minute = 0] = loadavg();
  return `load ${minute.toFixed(1)} on ${availableParallelism()} processors`;
}

async function measure(archive: string, signal: AbortSignal): Promise<void> {
  const [benches, repeat] = [chosen(), rounds()];
  const before = load();
  const agent = new AgentMarks();
  const rig = await Rig.start({ application: "bench", archive, onEvent: agent.take }, signal);
  try {
    progress("Deploying the charm and building the runner image");
    await rig.deploy({}, signal);
    for (const bench of benches) {
      progress(`Measuring ${bench.name}`);
      for (const table of await bench.run({ rig, agent, repeat, progress, signal })) {
        console.log(`${renderTable(table, values.markdown ? "markdown" : "terminal")}\n`);
      }
    }
    console.log(`Medians of ${repeat} rounds and more; ${before} before, ${load()} after.`);
  } finally {
    progress("Taking everything away");
    await rig.close(AbortSignal.timeout(CLOSE_MS));
  }
}

const interrupted = new AbortController();
process.once("SIGINT", () => {
  interrupted.abort(new Error("Interrupted"));
});
const limited = AbortSignal.any([interrupted.signal, AbortSignal.timeout(LIMIT_MS)]);
if (await ensureLxd(limited, progress)) {
  await ensureBaseImage({ progress }, limited);
  const packed = values.archive ?? (await packCharm({ charm: join(import.meta.dirname, "../..") })).path;
  await measure(packed, limited);
} else {
  process.exitCode = 1;
}
