import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { InvalidArgumentError } from "commander";
import { format, resolveConfig } from "prettier";
import { npmCommand } from "../../scripts/npm-command.ts";
import { burstRows } from "../bench/burst-figures.ts";
import { renderTable } from "../bench/table.ts";
import { renderPage } from "./page.ts";
import { plot } from "./plot.ts";
import { simulate, type Simulation } from "./simulate.ts";
import { simulateBurst } from "./simulate-burst.ts";
import { faultsOf, summarise, type Summary } from "./summary.ts";
import { tablesOf } from "./tables.ts";

const DOCS = join(import.meta.dirname, "../../docs/explanation");
const PAGE = join(DOCS, "scale-and-speed.md");
const PLOT = join(DOCS, "scale-and-speed.svg");

interface Words {
  readonly seed: string;
  readonly units: number;
  readonly unitsOfPath: number;
  readonly runners: number;
  readonly idle: number;
  readonly standby: number;
  readonly jobs: number;
  readonly hours: number;
  readonly burst?: number;
  readonly faults: boolean;
  readonly write: boolean;
}

const words = npmCommand(
  "simulate",
  "Simulates a day of many units that scale on demand, in virtual time, and writes docs/explanation/scale-and-speed.",
)
  .option("--seed <text>", "another one gives another day", "2026")
  .option("--units <number>", "units", atLeast(1), 200)
  .option("--units-of-path <number>", "units that share a path and its labels", atLeast(1), 8)
  .option("--runners <number>", "most runners of a unit", atLeast(1), 8)
  .option("--idle <number>", "idle runners of a unit", atLeast(0), 0)
  .option("--standby <number>", "standby instances of a unit", atLeast(0), 1)
  .option("--jobs <number>", "jobs of the day", atLeast(1), 100_000)
  .option("--hours <number>", "length of the day", atLeast(1), 24)
  .option(
    "--burst <seconds>",
    "one unit that gets all jobs at once, each of that length, instead",
    atLeast(1),
  )
  .option("--no-faults", "GitHub without the faults of certain hours")
  .option("--no-write", "print the tables alone")
  .parse()
  .opts<Words>();

function atLeast(least: number): (text: string) => number {
  return (text) => {
    const number = Number(text);
    if (Number.isInteger(number) && number >= least) return number;
    throw new InvalidArgumentError(`Give a whole number from ${least}.`);
  };
}

// Errors are made by the hundred thousand, and nobody reads where.
Error.stackTraceLimit = 0;
if (words.burst === undefined) await simulateDay();
else await showBurst(words.burst);

async function simulateDay(): Promise<void> {
  const began = performance.now();
  const simulation = await simulate(
    {
      ...words,
      runnersOfUnit: words.runners,
      hasFaults: words.faults,
    },
    (hour, { jobs }) => {
      const seconds = Math.round((performance.now() - began) / 1000);
      console.error(`   hour ${hour}: ${jobs.length} jobs, after ${seconds} s`);
    },
  );
  const found = summarise(simulation);
  for (const table of tablesOf(simulation, found)) console.log(`${renderTable(table, "terminal")}\n`);
  for (const fault of faultsOf(found)) console.error(`FAULT ${fault}`);
  if (faultsOf(found).length > 0) process.exitCode = 1;
  else if (words.write) await write(simulation, found);
}

async function showBurst(seconds: number): Promise<void> {
  const { jobs, runners } = words;
  const burst = await simulateBurst({ ...words, seconds, runnersOfUnit: runners });
  const isOnce = burst.records.jobs.every(({ starts, state }) => starts === 1 && state === "completed");
  const table = {
    title: `A burst of ${jobs} jobs of ${seconds} s on one unit of ${runners} runners`,
    columns: ["", "in virtual time"],
    rows: burstRows({ jobs, seconds }, runners, burst.jobs),
    notes: [isOnce ? "Each job was run once." : "FAULT Not each job was run once."],
  };
  console.log(renderTable(table, "terminal"));
  if (!isOnce) process.exitCode = 1;
}

async function write(finished: Simulation, found: Summary): Promise<void> {
  const options = await resolveConfig(PAGE);
  await writeFile(PAGE, await format(renderPage(finished, found), { ...options, parser: "markdown" }));
  await writeFile(PLOT, plot(finished));
  console.log(`Wrote ${PAGE} and its plot`);
}
