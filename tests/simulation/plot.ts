import type { Simulation } from "./simulate.ts";
import { forRunner, percentile } from "./summary.ts";

const WIDTH = 960;
const LEFT = 64;
const RIGHT = 16;
const PANELS = { fleet: { top: 40, height: 200 }, waits: { top: 290, height: 200 } } as const;
const HEIGHT = 620;
const BIN_MS = 15 * 60_000;
const LINES = {
  running: "#1f6feb",
  registrations: "#bf8700",
  p50: "#1a7f37",
  p95: "#cf222e",
} as const;

interface Point {
  readonly x: number;
  readonly y: number;
}

/** Draws a simulated day: jobs and runners above, waiting times below, faults behind both. Pure. */
export function plot({ records, faults, beginsAt, endsAt, options }: Simulation): string {
  const x = (at: number) => LEFT + ((at - beginsAt) / (endsAt - beginsAt)) * (WIDTH - LEFT - RIGHT);
  const samples = records.samples.filter(({ at }) => at <= endsAt);
  const most = Math.max(1, ...samples.flatMap(({ running, registrations }) => [running, registrations]));
  const top = niceTop(most);
  const linear = (value: number) => PANELS.fleet.top + PANELS.fleet.height * (1 - value / top);
  const logarithmic = (seconds: number) => {
    const part = Math.log10(Math.max(seconds, LEAST_S) / LEAST_S) / Math.log10(MOST_S / LEAST_S);
    return PANELS.waits.top + PANELS.waits.height * (1 - Math.min(1, part));
  };
  const bins = waitsByBin(records.jobs, beginsAt, endsAt);
  const wait = (part: number) =>
    bins.map(({ at, waits }) => ({ x: x(at), y: logarithmic(percentile(waits, part) / 1000) }));
  const happened = options.hasFaults ? faults : [];
  const parts = [
    ...happened.map(({ from, to }) => shade(x(from), Math.max(2, x(to) - x(from)))),
    ...happened.map(({ from }, index) =>
      text({ x: x(from) + 2, y: PANELS.fleet.top + 12 }, String(index + 1), 'font-weight="bold"'),
    ),
    ...[0, 0.25, 0.5, 0.75, 1].map((part) => grid(linear(part * top), String(Math.round(part * top)))),
    ...[0.1, 1, 10, 100, 1000].map((seconds) => grid(logarithmic(seconds), `${seconds} s`)),
    line(
      samples.map(({ at, registrations }) => ({ x: x(at), y: linear(registrations) })),
      LINES.registrations,
    ),
    line(
      samples.map(({ at, running }) => ({ x: x(at), y: linear(running) })),
      LINES.running,
    ),
    line(wait(0.95), LINES.p95),
    line(wait(0.5), LINES.p50),
    legend(PANELS.fleet.top - 14, [
      ["Jobs that run", LINES.running],
      ["Registered runners", LINES.registrations],
    ]),
    legend(PANELS.waits.top - 14, [
      ["From a job's assignment to its runner: median", LINES.p50],
      ["95th percentile", LINES.p95],
    ]),
    ...hours(beginsAt, endsAt).map(({ at, label }) =>
      text({ x: x(at), y: PANELS.waits.top + PANELS.waits.height + 18 }, label, 'text-anchor="middle"'),
    ),
    ...happened.map(({ what }, index) =>
      text(
        {
          x: LEFT + (index % 2) * 440,
          y: PANELS.waits.top + PANELS.waits.height + 44 + 20 * Math.floor(index / 2),
        },
        `${index + 1}  ${what}`,
      ),
    ),
  ];
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" font-family="sans-serif" font-size="12">`,
    `<title>A simulated day of ${options.units} units and ${options.jobs} jobs</title>`,
    `<rect width="${WIDTH}" height="${HEIGHT}" fill="#ffffff"/>`,
    ...parts,
    "</svg>",
    "",
  ].join("\n");
}

const LEAST_S = 0.1;
const MOST_S = 1000;

/** A round number that is not below another one. */
function niceTop(most: number): number {
  const unit = 10 ** Math.floor(Math.log10(most));
  return Math.ceil(most / unit) * unit;
}

function waitsByBin(
  jobs: Simulation["records"]["jobs"],
  beginsAt: number,
  endsAt: number,
): readonly { readonly at: number; readonly waits: readonly number[] }[] {
  const binMs = Math.min(BIN_MS, (endsAt - beginsAt) / 24);
  const bins = Array.from({ length: Math.ceil((endsAt - beginsAt) / binMs) }, (): number[] => []);
  for (const job of jobs) {
    const wait = forRunner(job);
    if (wait !== undefined) bins[Math.floor(((job.assignedAt ?? 0) - beginsAt) / binMs)]?.push(wait);
  }
  return bins.flatMap((waits, index) =>
    waits.length === 0
      ? []
      : [{ at: beginsAt + (index + 0.5) * binMs, waits: waits.sort((left, right) => left - right) }],
  );
}

function hours(beginsAt: number, endsAt: number): readonly { readonly at: number; readonly label: string }[] {
  const all = (endsAt - beginsAt) / 3_600_000;
  const step = Math.max(1, Math.round(all / 8));
  return Array.from({ length: Math.floor(all / step) + 1 }, (_, index) => ({
    at: beginsAt + index * step * 3_600_000,
    label: `${String(index * step).padStart(2, "0")}:00`,
  }));
}

function line(points: readonly Point[], colour: string): string {
  const path = points.map(({ x, y }) => `${x.toFixed(1)},${y.toFixed(1)}`).join(" ");
  return `<polyline points="${path}" fill="none" stroke="${colour}" stroke-width="1.5"/>`;
}

function shade(x: number, width: number): string {
  return [PANELS.fleet, PANELS.waits]
    .map(
      ({ top, height }) =>
        `<rect x="${x.toFixed(1)}" y="${top}" width="${width.toFixed(1)}" height="${height}" fill="#eaeef2"/>`,
    )
    .join("");
}

function grid(y: number, label: string): string {
  const at = y.toFixed(1);
  return (
    `<line x1="${LEFT}" x2="${WIDTH - RIGHT}" y1="${at}" y2="${at}" stroke="#d0d7de" stroke-width="0.5"/>` +
    text({ x: LEFT - 6, y: y + 4 }, label, 'text-anchor="end"')
  );
}

function text({ x, y }: Point, words: string, more = ""): string {
  const escaped = words.replaceAll("&", "&amp;").replaceAll("<", "&lt;");
  return `<text x="${x.toFixed(1)}" y="${y.toFixed(1)}" fill="#24292f"${more === "" ? "" : ` ${more}`}>${escaped}</text>`;
}

/** @param entries words and colour of each line. */
function legend(y: number, entries: readonly (readonly [words: string, colour: string])[]): string {
  return entries
    .map(([words, colour], index) => {
      const x = LEFT + 340 * index;
      const mark = `<line x1="${x}" x2="${x + 20}" y1="${y - 4}" y2="${y - 4}" stroke="${colour}" stroke-width="3"/>`;
      return mark + text({ x: x + 26, y }, words);
    })
    .join("");
}
