import { availableParallelism, loadavg } from "node:os";
import { join, resolve } from "node:path";
import { InvalidArgumentError, Option } from "commander";
import { packCharm } from "juju-charm/pack";
import { npmCommand } from "../../scripts/npm-command.ts";
import { ensureBaseImage } from "../support/base-image/ensure-base-image.ts";
import { ensureLxd } from "../support/lxd/ensure-lxd.ts";
import { Rig } from "../support/rig/rig.ts";
import { AgentMarks } from "./agent-marks.ts";
import type { Bench } from "./bench.ts";
import { burstBench, burstOptions } from "./burst-bench.ts";
import { demandBench } from "./demand-bench.ts";
import { dispatchBench } from "./dispatch-bench.ts";
import { fleetBench } from "./fleet-bench.ts";
import { ghostBench } from "./ghost-bench.ts";
import { hookToolBench } from "./hook-tool-bench.ts";
import { Profiles } from "./profile/profiles.ts";
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
/** Those that take an hour each run only when they are named. */
const LONG_BENCHES: readonly Bench[] = [burstBench];
const LIMIT_MS = 60 * 60_000;
const CLOSE_MS = 2 * 60_000;

interface BenchOptions {
  readonly only?: readonly string[];
  readonly repeat: number;
  readonly jobs: number;
  readonly runners: number;
  readonly seconds: number;
  readonly disk: string;
  readonly application: string;
  readonly markdown: boolean;
  readonly archive?: string;
  readonly json?: string;
  readonly against?: string;
  readonly profile?: string;
}

const values = npmCommand(
  "bench",
  "Measures the packed charm on the LXD of this machine, beside the least that such work can be done with.",
)
  .addOption(
    new Option("--only <names...>", "only these").choices(
      [...BENCHES, ...LONG_BENCHES].map(({ name }) => name),
    ),
  )
  .option("--repeat <number>", "rounds of each measurement", readCount, 5)
  .option("--jobs <number>", "of demand-burst: jobs that are queued at once", readCount, 1000)
  .option("--runners <number>", "of demand-burst: the most runners", readCount, 32)
  .option("--seconds <number>", "of demand-burst: length of each job", readCount, 90)
  .option("--disk <size>", "disk of each runner: the storage pool has room for so many halves of it", "1GiB")
  .option("--application <name>", "name of the application: two runs at a time need two names", "bench")
  .option("--markdown", "print tables in Markdown", false)
  .option("--json <path>", "also write all figures to this file")
  .option("--against <path>", "compare with an earlier run that was written with --json")
  .option(
    "--profile <directory>",
    "also draw there where the charm's programs spend their time: profiled programs are slower",
  )
  .option("--archive <path>", "a packed charm (default: the charm of this repository)")
  .parse()
  .opts<BenchOptions>();

function readCount(text: string): number {
  const count = Number(text);
  if (Number.isInteger(count) && count >= 1) return count;
  throw new InvalidArgumentError("Give a whole number from 1.");
}

function progress(line: string): void {
  console.error(`   ${line}`);
}

function chosen(): readonly Bench[] {
  const { only } = values;
  return only ? [...BENCHES, ...LONG_BENCHES].filter(({ name }) => only.includes(name)) : BENCHES;
}

function load(): string {
  const [minute = 0] = loadavg();
  return `load ${minute.toFixed(1)} on ${availableParallelism()} processors`;
}

function show(table: Table): void {
  console.log(`${renderTable(table, values.markdown ? "markdown" : "terminal")}\n`);
}

async function measure(archive: string, earlier: Report | undefined, signal: AbortSignal): Promise<void> {
  const [benches, { application, disk, json, repeat, ...burst }] = [chosen(), values];
  const tables: Table[] = [];
  const before = load();
  const agent = new AgentMarks();
  const profiles = values.profile === undefined ? undefined : new Profiles(resolve(values.profile));
  const rig = await Rig.start(
    { application, archive, onEvent: agent.take, ...(profiles && { environment: profiles.environment }) },
    signal,
  );
  try {
    progress("Deploying the charm and building the runner image");
    await rig.deploy({ "vm-disk": disk, ...(benches.includes(burstBench) && burstOptions(burst)) }, signal);
    for (const bench of benches) {
      progress(`Measuring ${bench.name}`);
      const found = await bench.run({ rig, agent, repeat, burst, progress, signal });
      for (const table of [...found, ...((await profiles?.take(bench.name)) ?? [])]) {
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
// A burst may take half as long again as it would at best.
const burstMs = chosen().includes(burstBench) ? (values.jobs * values.seconds * 1500) / values.runners : 0;
const limited = AbortSignal.any([interrupted.signal, AbortSignal.timeout(LIMIT_MS + burstMs)]);
// Before the work: a wrong path is told at once.
const earlier = values.against === undefined ? undefined : await readReport(values.against);
if (await ensureLxd(limited, progress)) {
  await ensureBaseImage({ progress }, limited);
  const packed = values.archive ?? (await packCharm({ charm: join(import.meta.dirname, "../..") })).path;
  await measure(packed, earlier, limited);
} else {
  process.exitCode = 1;
}
