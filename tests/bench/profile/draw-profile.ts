import { coordinate, escapeText } from "../../pictures/svg.ts";
import type { CallTree } from "./cpu-profile.ts";
import { NATIVE_SOURCE } from "./packed-sources.ts";

const WIDTH = 1200;
const ROW = 17;
const TOP = 34;
/** A narrower one is not seen. */
const LEAST_WIDTH = 0.6;
const LETTER_WIDTH = 6.2;
const COLOURS = {
  ours: "#b6d6fb",
  packages: "#c2e5c8",
  runtime: "#e2e6ea",
  collector: "#f5b7b1",
  dependencies: "#f6dfa4",
} as const;
const LEGEND = {
  ours: "src",
  packages: "packages",
  dependencies: "dependencies",
  runtime: "Node.js",
  collector: "garbage collector",
} as const;

interface Box {
  readonly tree: CallTree;
  readonly x: number;
  readonly width: number;
  readonly depth: number;
}

/** Draws where a program's time went: callers above what they called, each as wide as its time. Pure. */
export function drawProfile(title: string, tree: CallTree): string {
  const boxes = boxesOf({ tree, x: 0, width: WIDTH, depth: 0 });
  const height = TOP + ROW * (1 + Math.max(...boxes.map(({ depth }) => depth))) + 8;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" font-family="monospace" font-size="10.5">`,
    `<title>${escapeText(title)}</title>`,
    `<rect width="${WIDTH}" height="${height}" fill="#ffffff"/>`,
    `<text x="6" y="20" font-size="13" fill="#24292f">${escapeText(title)}: ${tree.totalMs.toFixed(0)} ms of processor time</text>`,
    ...legend(),
    ...boxes.map((box) => draw(box, tree.totalMs)),
    "</svg>",
    "",
  ].join("\n");
}

function boxesOf(box: Box): readonly Box[] {
  const { tree, width, depth } = box;
  let x = box.x;
  const below = [...tree.children.values()]
    .sort((left, right) => right.totalMs - left.totalMs)
    .flatMap((child) => {
      const placed = { tree: child, x, width: (width * child.totalMs) / tree.totalMs, depth: depth + 1 };
      x += placed.width;
      return placed.width < LEAST_WIDTH ? [] : boxesOf(placed);
    });
  return [box, ...below];
}

function draw({ tree: { frame, totalMs, selfMs }, x, width, depth }: Box, allMs: number): string {
  const [y, letters] = [TOP + depth * ROW, Math.floor((width - 6) / LETTER_WIDTH)];
  const share = ((100 * totalMs) / allMs).toFixed(1);
  const words = `${frame.name} ${frame.source}`.trim();
  const shown = words.length > letters ? `${words.slice(0, Math.max(0, letters - 1))}…` : words;
  return [
    `<g><title>${escapeText(words)}: ${share} %, ${selfMs.toFixed(1)} ms in itself</title>`,
    `<rect x="${coordinate(x)}" y="${y}" width="${coordinate(width)}" height="${ROW - 1}" fill="${COLOURS[kindOf(frame.source)]}" stroke="#ffffff" stroke-width="0.4"/>`,
    letters < 4
      ? ""
      : `<text x="${coordinate(x + 3)}" y="${y + 12}" fill="#24292f">${escapeText(shown)}</text>`,
    "</g>",
  ].join("");
}

function kindOf(source: string): keyof typeof COLOURS {
  if (source === "(garbage collector)") return "collector";
  if (source.startsWith("src/")) return "ours";
  if (source.startsWith("packages/")) return "packages";
  return source === "" || source === NATIVE_SOURCE || /^(node:|\()/.test(source) ? "runtime" : "dependencies";
}

function legend(): readonly string[] {
  return Object.entries(LEGEND).map(([kind, words], index) => {
    const x = WIDTH - 660 + index * 125;
    const colour = COLOURS[kind as keyof typeof COLOURS];
    return `<rect x="${x}" y="11" width="10" height="10" fill="${colour}"/><text x="${x + 14}" y="20" fill="#24292f">${words}</text>`;
  });
}
