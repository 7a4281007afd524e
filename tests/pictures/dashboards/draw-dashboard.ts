import type { Dashboard, Panel } from "../../../scripts/dashboards/dashboard.ts";
import { coordinate, escapeText } from "../svg.ts";
import { drawBands, drawNumber, drawSeries, type Line, type Period, type Area } from "./draw-panel.ts";

/** What the queries of a panel have brought, in their order. */
export type Answers = (panel: Panel) => Promise<readonly Line[]>;

const WIDTH = 1200;
const COLUMN = WIDTH / 24;
const GAP = 8;
const HEIGHTS = { number: 90, others: 210 } as const;
const ROW = 40;

/** Draws a dashboard with the answers to its queries: its panels and their order, and not what Grafana makes of them. */
export async function drawDashboard(
  { title, rows }: Dashboard,
  answers: Answers,
  period: Period,
): Promise<string> {
  const parts: string[] = [];
  let y = 56;
  for (const row of rows) {
    parts.push(`<text class="row" x="${GAP}" y="${y + 26}">${escapeText(row.title)}</text>`);
    y += ROW;
    let x = 0;
    let height = 0;
    for (const panel of row.panels) {
      const isNumber = panel.style.kind === "number";
      const width = (panel.width ?? (isNumber ? 4 : 12)) * COLUMN;
      if (x + width > WIDTH) {
        x = 0;
        y += height;
      }
      height = isNumber ? HEIGHTS.number : HEIGHTS.others;
      parts.push(
        drawPanel(panel, await answers(panel), {
          frame: { x: x + GAP / 2, y: y + GAP / 2, width: width - GAP, height: height - GAP },
          period,
        }),
      );
      x += width;
    }
    y += height;
  }
  const heading = `<text class="title" x="${GAP}" y="36">${escapeText(title)}</text>`;
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${coordinate(y + GAP)}" role="img" font-family="system-ui, sans-serif"><title>${escapeText(title)}</title><style>${STYLE}</style><rect width="100%" height="100%" fill="#f4f5f7"/>${heading}${parts.join("")}</svg>\n`;
}

function drawPanel(panel: Panel, lines: readonly Line[], { frame, period }: Area): string {
  const { x, y, width, height } = frame;
  const box = `<rect class="panel" x="${coordinate(x)}" y="${coordinate(y)}" width="${coordinate(width)}" height="${coordinate(height)}" rx="4"/>`;
  const heading = `<text class="heading" x="${coordinate(x + 10)}" y="${coordinate(y + 20)}">${escapeText(panel.title)}</text>`;
  const inner = {
    frame: { x: x + 10, y: y + 30, width: width - 20, height: height - 40 },
    period,
  };
  return `${box}${heading}${drawContent(panel, lines, inner)}`;
}

function drawContent(panel: Panel, lines: readonly Line[], inner: Area): string {
  const { style, unit } = panel;
  switch (style.kind) {
    case "number":
      return drawNumber(lines, unit, style.limits ?? {}, inner.frame);
    case "states":
      return drawBands(lines, style.states, inner);
    case "lines":
    case "stack":
    case "bars":
      return drawSeries(lines, { unit, isStacked: style.kind !== "lines" }, inner);
  }
}

const STYLE = [
  "text{fill:#22252b;font-size:12px}",
  ".title{font-size:22px;font-weight:600}",
  ".row{font-size:16px;font-weight:600}",
  ".panel{fill:#fff;stroke:#d8dbe0}",
  ".heading{font-weight:600}",
  ".value{font-size:30px;font-weight:600;text-anchor:middle}",
  ".grid{stroke:#e4e6ea}",
  ".small{font-size:11px;fill:#4a4f59}",
].join("");
