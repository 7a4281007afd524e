import type { Limits, ShownState, Unit } from "../../../scripts/dashboards/dashboard.ts";
import { coordinate, escapeText } from "../svg.ts";

/** Where something is drawn. */
export interface Frame {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** What part of time is drawn, in seconds since the Unix epoch. */
export interface Period {
  readonly start: number;
  readonly end: number;
}

/** A named line: values over time, in seconds since the Unix epoch. */
export interface Line {
  readonly name: string;
  readonly values: readonly (readonly [number, number])[];
}

/** Each with enough contrast on white. */
const COLORS = ["#2f6fd0", "#b3560c", "#2b8a4b", "#a3369b", "#8a6d00", "#c22e3d", "#0b7f86", "#5b5fc7"];
const STATE_COLORS: Readonly<Record<ShownState["color"], string>> = {
  green: "#7fbf8f",
  blue: "#8fb4e8",
  yellow: "#e8d27a",
  orange: "#e8a860",
  red: "#e58a8f",
};
/** Where a panel's lines are drawn, and which part of time. */
export interface Area {
  readonly frame: Frame;
  readonly period: Period;
}

const LEGEND = 34;
const AXIS = 44;
const MOST_NAMES = 8;

const finite = (line: Line) => line.values.filter(([, value]) => Number.isFinite(value));
const colorOf = (index: number) => COLORS[index % COLORS.length] ?? "#000";

/** The last value of the first line. */
export function drawNumber(lines: readonly Line[], unit: Unit, { warn, bad }: Limits, frame: Frame): string {
  const last = lines.flatMap((line) => finite(line).at(-1)?.[1] ?? []).at(0);
  const over = (limit: number | undefined) => limit !== undefined && (last ?? 0) >= limit;
  const color = over(bad) ? "#c22e3d" : over(warn) ? "#b3560c" : "#1f7a3d";
  const x = coordinate(frame.x + frame.width / 2);
  const y = coordinate(frame.y + frame.height / 2 + 12);
  return `<text class="value" x="${x}" y="${y}" style="fill:${color}">${escapeText(last === undefined ? "no data" : shown(last, unit))}</text>`;
}

/** Lines, or areas on top of each other. */
export function drawSeries(
  lines: readonly Line[],
  { unit, isStacked }: { readonly unit: Unit; readonly isStacked: boolean },
  { frame, period }: Area,
): string {
  const plot = { x: frame.x + AXIS, y: frame.y, width: frame.width - AXIS, height: frame.height - LEGEND };
  const heights = isStacked ? stacked(lines) : lines.map((line) => new Map(finite(line)));
  const all = heights.flatMap((line) => [...line.values()]);
  const top = Math.max(...all, 0) || 1;
  const at = (time: number, value: number) =>
    `${coordinate(plot.x + ((time - period.start) / (period.end - period.start)) * plot.width)},${coordinate(plot.y + plot.height * (1 - value / top))}`;
  const shapes = heights.map((line, index) => {
    const points = [...line].sort(([left], [right]) => left - right);
    if (!isStacked)
      return `<polyline points="${points.map(([time, value]) => at(time, value)).join(" ")}" fill="none" stroke="${colorOf(index)}" stroke-width="1.5"/>`;
    const [first] = points.at(0) ?? [period.start];
    const [last] = points.at(-1) ?? [period.start];
    const outline = [at(first, 0), ...points.map(([time, value]) => at(time, value)), at(last, 0)];
    return `<polygon points="${outline.join(" ")}" fill="${colorOf(index)}"/>`;
  });
  // The areas on top cover those below, so that each shows its own part.
  const order = isStacked ? shapes.toReversed() : shapes;
  return `${grid(plot, top, unit)}${order.join("")}${legend(lines, frame)}`;
}

/** A band for each line, in the colours of its states. */
export function drawBands(
  lines: readonly Line[],
  states: readonly ShownState[],
  { frame, period }: Area,
): string {
  const height = Math.min(34, (frame.height - LEGEND) / Math.max(1, lines.length));
  const left = frame.x + 70;
  const scale = (frame.width - 70) / (period.end - period.start);
  const bands = lines.flatMap((line, row) => {
    const y = frame.y + row * height;
    const name = `<text class="small" x="${coordinate(frame.x)}" y="${coordinate(y + height / 2 + 4)}">${escapeText(line.name)}</text>`;
    const parts = runsOf(line).map(({ start, end, value }) => {
      const color = STATE_COLORS[states[value - 1]?.color ?? "red"];
      return `<rect x="${coordinate(left + (start - period.start) * scale)}" y="${coordinate(y + 2)}" width="${coordinate(Math.max(1, (end - start) * scale))}" height="${coordinate(height - 4)}" fill="${color}"/>`;
    });
    return [name, ...parts];
  });
  const keys = states.map(({ text, color }, index) => key(index, text, STATE_COLORS[color], frame));
  return [...bands, ...keys].join("");
}

function runsOf(
  line: Line,
): readonly { readonly start: number; readonly end: number; readonly value: number }[] {
  const runs: { start: number; end: number; value: number }[] = [];
  for (const [time, value] of finite(line)) {
    const open = runs.at(-1);
    if (open) open.end = time;
    if (open?.value !== value) runs.push({ start: time, end: time, value });
  }
  return runs;
}

/** Each line's values on top of those before it. */
function stacked(lines: readonly Line[]): readonly ReadonlyMap<number, number>[] {
  const below = new Map<number, number>();
  const times = [...new Set(lines.flatMap((line) => finite(line).map(([time]) => time)))];
  return lines.map((line) => {
    const own = new Map(finite(line));
    for (const time of times) below.set(time, (below.get(time) ?? 0) + (own.get(time) ?? 0));
    return new Map(below);
  });
}

function grid(plot: Frame, top: number, unit: Unit): string {
  return [0, 0.5, 1]
    .map((part) => {
      const y = coordinate(plot.y + plot.height * (1 - part));
      const line = `<line class="grid" x1="${coordinate(plot.x)}" x2="${coordinate(plot.x + plot.width)}" y1="${y}" y2="${y}"/>`;
      return `${line}<text class="small" x="${coordinate(plot.x - 6)}" y="${coordinate(Number(y) + 4)}" text-anchor="end">${escapeText(shown(top * part, unit))}</text>`;
    })
    .join("");
}

function legend(lines: readonly Line[], frame: Frame): string {
  return lines
    .slice(0, MOST_NAMES)
    .map(({ name }, index) => key(index, name, colorOf(index), frame))
    .join("");
}

function key(index: number, name: string, color: string, { x, y, width, height }: Frame): string {
  const columns = 4;
  const left = x + (index % columns) * (width / columns);
  const line = y + height - 18 + Math.floor(index / columns) * 15;
  const text = name.length > 22 ? `${name.slice(0, 21)}…` : name;
  return `<rect x="${coordinate(left)}" y="${coordinate(line)}" width="10" height="10" fill="${color}"/><text class="small" x="${coordinate(left + 14)}" y="${coordinate(line + 9)}">${escapeText(text)}</text>`;
}

/** A value with its unit, as short as it stands on an axis. */
export function shown(value: number, unit: Unit): string {
  switch (unit) {
    case "percentunit":
      return `${rounded(value * 100)} %`;
    case "bytes":
      return value >= 2 ** 30 ? `${rounded(value / 2 ** 30)} GiB` : `${rounded(value / 2 ** 20)} MiB`;
    case "s":
      if (value >= 2 * 86_400) return `${rounded(value / 86_400)} d`;
      if (value >= 2 * 3600) return `${rounded(value / 3600)} h`;
      return value >= 120 ? `${rounded(value / 60)} min` : `${rounded(value)} s`;
    case "ops":
      return `${rounded(value)}/s`;
    case "short":
      return rounded(value);
  }
}

function rounded(value: number): string {
  return value >= 10 ? String(Math.round(value)) : String(Math.round(value * 100) / 100);
}
