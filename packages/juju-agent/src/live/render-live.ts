import type { ModelStatus } from "../model-status.ts";
import type { LiveCell, LiveFact, LiveNote, LiveSection, LiveView, Tone } from "./live-view.ts";

/** How text is drawn. */
export interface Style {
  readonly columns: number;
  /** @default all that there are */
  readonly rows?: number;
  readonly hasColour: boolean;
  readonly hasUnicode: boolean;
}

/** All units at a moment. */
export interface Scene {
  readonly status: ModelStatus;
  /** By unit; those that tell nothing are missing. */
  readonly views: Readonly<Record<string, LiveView>>;
  /** Milliseconds since the Unix epoch. */
  readonly now: number;
}

/** Each tone has a shape of its own: colour says nothing alone. */
const SHAPES: Readonly<Record<Tone, readonly [unicode: string, ascii: string, colour: number]>> = {
  good: ["○", "o", 32],
  busy: ["▶", ">", 36],
  attention: ["△", "!", 33],
  problem: ["✖", "x", 31],
};
const BARS = { unicode: "▁▂▃▄▅▆▇█", ascii: "_.-=+*#@" } as const;
const GAP = 2;

/** A part of the picture, whose first line stays. */
type Block = readonly string[];

/** Draws all units, each line at most as wide and all together as high as the terminal. Pure. */
export function renderScene(scene: Scene, style: Style): readonly string[] {
  const units = Object.values(scene.status.applications).flatMap(({ units: each }) => Object.entries(each));
  const blocks = units.flatMap(([name, { "workload-status": status }]): Block[] => {
    const head = bold(fitted(`${name}  ${status.current}  ${status.message ?? ""}`.trim(), style), style);
    const view = scene.views[name];
    if (!view) return [[head, fitted("No details: the unit's program does not respond.", style)]];
    return [
      [head, summaryLine(view, style)],
      ...view.sections.map((section) => blockOf(section, scene.now, style)),
    ];
  });
  if (units.length === 0) return [fitted("No application is deployed.", style)];
  return arranged(blocks, style.rows ?? Infinity);
}

/** The summary of a view and what is wrong, for a status. Pure. */
export function renderSummary(view: LiveView, now: number, style: Style): readonly string[] {
  const notes = view.sections.flatMap((section) => (section.kind === "notes" ? section.notes : []));
  const shown = notes.filter(({ tone }) => tone === "problem" || tone === "attention").slice(0, 5);
  return [
    summaryLine(view, style),
    ...shown.map((note) => `  ${noteLine(note, now, { ...style, columns: style.columns - 2 })}`),
  ];
}

/** The time between two moments in its largest unit, such as `5m`. */
export function age(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  if (seconds < 60) return `${seconds}s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)}m`;
  return seconds < 86_400 ? `${Math.floor(seconds / 3600)}h` : `${Math.floor(seconds / 86_400)}d`;
}

function blockOf(section: LiveSection, now: number, style: Style): Block {
  const title = bold(fitted(section.title, style), style);
  switch (section.kind) {
    case "grid":
      return [
        title,
        ...(section.cells.length === 0 ? [fitted(section.empty, style)] : grid(section.cells, now, style)),
      ];
    case "facts":
      return [
        title,
        ...flowed(
          section.facts.map((fact) => factText(fact, now)),
          style,
        ),
      ];
    case "notes":
      return [
        title,
        ...(section.notes.length === 0
          ? [fitted(section.empty, style)]
          : section.notes.map((note) => noteLine(note, now, style))),
      ];
    case "plot":
      return section.points.length === 0
        ? [title, fitted(section.empty, style)]
        : [
            title,
            ...plot(
              section.points.map(({ value }) => value),
              style,
            ),
          ];
  }
}

/** Cells in as many columns as there is room for. */
function grid(cells: readonly LiveCell[], now: number, style: Style): readonly string[] {
  const texts = cells.map(({ name, state, since }) => {
    const rows = [state, since === undefined ? "" : age(now - since), name];
    return rows as [string, string, string];
  });
  const widest = (index: 0 | 1 | 2) => Math.max(...texts.map((row) => row[index].length));
  const width = Math.min(style.columns, 2 + widest(0) + 1 + widest(1) + 1 + widest(2));
  const perRow = Math.max(1, Math.floor((style.columns + GAP) / (width + GAP)));
  const drawn = texts.map(([state, time, name], index) => {
    const text = `${state.padEnd(widest(0))} ${time.padStart(widest(1))} ${name}`;
    const cut = fitted(text, { ...style, columns: width - 2 }).padEnd(width - 2);
    return `${shape(cells[index]?.tone ?? "attention", style)} ${cut}`;
  });
  const rows = Array.from({ length: Math.ceil(drawn.length / perRow) }, (_, row) =>
    drawn.slice(row * perRow, (row + 1) * perRow).join(" ".repeat(GAP)),
  );
  return rows.map((row) => row.trimEnd());
}

function factText({ name, value, at }: LiveFact, now: number): string {
  return `${name}: ${value}${at === undefined ? "" : ` ${moment(at, now)}`}`;
}

function noteLine({ text, tone, at, nextAt }: LiveNote, now: number, style: Style): string {
  const time = at === undefined ? "" : ` (${moment(at, now)} ago)`;
  const next = nextAt === undefined ? "" : ` (again ${moment(nextAt, now)})`;
  const end = `${time}${next}`;
  const room = Math.max(0, style.columns - 2 - end.length);
  return `${shape(tone, style)} ${fitted(text, { ...style, columns: room })}${fitted(end, { ...style, columns: Math.max(0, style.columns - 2) })}`;
}

function moment(at: number, now: number): string {
  return at > now ? `in ${age(at - now)}` : age(now - at);
}

function plot(values: readonly number[], style: Style): readonly string[] {
  const sorted = [...values].sort((left, right) => left - right);
  const most = sorted.at(-1) ?? 0;
  const median = sorted[Math.floor((sorted.length - 1) / 2)] ?? 0;
  const bars = style.hasUnicode ? BARS.unicode : BARS.ascii;
  const shown = values.slice(-style.columns);
  const drawn = shown.map((value) => {
    const level = most <= 0 ? 0 : Math.round((value / most) * (bars.length - 1));
    return bars[Math.max(0, level)] ?? "";
  });
  return [drawn.join(""), fitted(`median ${seconds(median)}, longest ${seconds(most)}`, style)];
}

function seconds(value: number): string {
  return value < 60 ? `${Math.round(value * 10) / 10} s` : age(value * 1000);
}

/** Texts one after the other, in lines. */
function flowed(texts: readonly string[], style: Style): readonly string[] {
  const lines: string[] = [];
  for (const text of texts) {
    const last = lines.at(-1);
    const longer = `${last ?? ""}   ${text}`;
    if (last !== undefined && longer.length <= style.columns) lines[lines.length - 1] = longer;
    else lines.push(fitted(text, style));
  }
  return lines;
}

function summaryLine({ summary, tone }: LiveView, style: Style): string {
  return `${shape(tone, style)} ${fitted(summary, { ...style, columns: style.columns - 2 })}`;
}

/** Joins blocks with empty lines between them; where they are too high, the highest ones lose their last lines. */
function arranged(blocks: readonly Block[], rows: number): readonly string[] {
  const kept = blocks.map((block) => block.length);
  const height = () => kept.reduce((sum, lines) => sum + lines, 0);
  const hasGaps = height() + blocks.length - 1 <= rows;
  while (height() > rows) {
    const highest = kept.indexOf(Math.max(...kept));
    if ((kept[highest] ?? 0) <= 1) break;
    kept[highest] = (kept[highest] ?? 0) - 1;
  }
  const lines = blocks.flatMap((block, index) => {
    const number = kept[index] ?? 0;
    const isCut = number < block.length && number > 1;
    const shown = isCut
      ? [...block.slice(0, number - 1), `(${block.length - number + 1} more)`]
      : block.slice(0, number);
    return hasGaps && index > 0 ? ["", ...shown] : shown;
  });
  return lines.slice(0, rows);
}

function fitted(text: string, { columns, hasUnicode }: Style): string {
  const characters = Array.from(hasUnicode ? text : text.replaceAll(/[^\x20-\x7e]/g, "?"));
  if (characters.length <= columns) return characters.join("");
  const mark = hasUnicode ? "…" : "~";
  return columns < 1 ? "" : `${characters.slice(0, columns - 1).join("")}${mark}`;
}

function shape(tone: Tone, { hasColour, hasUnicode }: Style): string {
  const [unicode, ascii, colour] = SHAPES[tone];
  const text = hasUnicode ? unicode : ascii;
  return hasColour ? `\u001b[${colour}m${text}\u001b[0m` : text;
}

function bold(text: string, { hasColour }: Style): string {
  return hasColour ? `\u001b[1m${text}\u001b[0m` : text;
}
