import { availableParallelism, loadavg } from "node:os";
import { join } from "node:path";
import { InvalidArgumentError, Option } from "commander";
import { packCharm } from "juju-charm/pack";
import { npmCommand } from "../../scripts/npm-command.ts";
import { ensureBaseImage } from "../support/base-image/ensure-base-image.ts";
import { ensureLxd } from "../support/lxd/ensure-lxd.ts";
import { Rig } from "../support/rig/rig.ts";
import { AgentMarks } from "./agent-marks.ts";
import type { Bench } from "./bench.ts";
import { demandBench } from "./demand-bench.ts";
import { dispatchBench } from "./dispatch-bench.ts";
import { fleetBench } from "./fleet-bench.ts";
import { ghostBench } from "./ghost-bench.ts";
import { hookToolBench } from "./hook-tool-bench.ts";
import { quietBench } from "./quiet-bench.ts";
import { replaceBench } from "./replace-bench.ts";
import { compareReports, readReport, reportOf, writeReport, type Report } from "./report.ts";
import { serviceBench } from "./service-bench.ts";
import { renderTable, type Table } from "./table.ts";

/** Only the ratios mean something elsewhere. Both sides of each are measured in turns, in one run. */
const BENCHES: readonly Bench[] = [
  hookToolBench,
  dispatchBench,
  quietBench,
  serviceBench,
  replaceBench,
  ghostBench,
  demandBench,
  fleetBench,
];
const LIMIT_MS = 60 * 60_000;
const CLOSE_MS = 2 * 60_000;

interface BenchOptions {
  readonly only?: readonly string[];
  readonly repeat: number;
  readonly markdown: boolean;
  readonly archive?: string;
  readonly json?: string;
  readonly against?: string;
}

const values = npmCommand(
  "bench",
  "Measures the packed charm on the LXD of this machine, beside the least that such work can be done with.",
)
  .addOption(new Option("--only <names...>", "only these").choices(BENCHES.map(({ name }) => name)))
  .option("--repeat <number>", "rounds of each measurement", readRounds, 5)
  .option("--markdown", "print tables in Markdown", false)
  .option("--json <path>", "also write all figures to this file")
  .option("--against <path>", "compare with an earlier run that was written with --json")
  .option("--archive <path>", "a packed charm (default: the charm of this repository)")
  .parse()
  .opts<BenchOptions>();

function readRounds(text: string): number {
  const rounds = Number(text);
  if (Number.isInteger(rounds) && rounds >= 1) return rounds;
  throw new InvalidArgumentError("Give a whole number from 1.");
}

function progress(line: string): void {
  console.error(`   ${line}`);
}

function chosen(): readonly Bench[] {
  const { only } = values;
  return only ? BENCHES.filter(({ name }) => only.includes(name)) : BENCHES;
}

function load(): string {
  const [minute = 0] = loadavg();
  return `load ${minute.toFixed(1)} on ${availableParallelism()} processors`;
}

function show(table: Table): void {
  console.log(`${renderTable(table, values.markdown ? "markdown" : "terminal")}\n`);
}

async function measure(archive: string, earlier: Report | undefined, signal: AbortSignal): Promise<void> {
  const [benches, { json, repeat }] = [chosen(), values];
  const tables: Table[] = [];
  const before = load();
  const agent = new AgentMarks();
  const rig = await Rig.start({ application: "bench", archive, onEvent: agent.take }, signal);
  try {
    progress("Deploying the charm and building the runner image");
    await rig.deploy({ "vm-disk": "1GiB" }, signal);
    for (const bench of benches) {
      progress(`Measuring ${bench.name}`);
      for (const table of await bench.run({ rig, agent, repeat, progress, signal })) {
        show(table);
        tables.push(table);
      }
    }
    const report = reportOf(tables, repeat);
    if (json !== undefined) await writeReport(json, report);
    if (earlier) for (const table of compareReports(earlier, report)) show(table);
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
// Before the work: a wrong path is told at once.
const earlier = values.against === undefined ? undefined : await readReport(values.against);
if (await ensureLxd(limited, progress)) {
  await ensureBaseImage({ progress }, limited);
  const packed = values.archive ?? (await packCharm({ charm: join(import.meta.dirname, "../..") })).path;
  await measure(packed, earlier, limited);
} else {
  process.exitCode = 1;
}
