import { coordinate, escapeText } from "../svg.ts";
import type { PrintedLine } from "./recording.ts";

/** What was typed and what was printed. */
export interface Recording {
  readonly title: string;
  readonly command: string;
  readonly lines: readonly PrintedLine[];
}

const COLUMNS = 112;
const CHARACTER = 7.8;
const LINE = 18;
const PADDING = 16;
/** Nobody waits longer for the next line of a picture: pauses beyond it are cut. */
const LONGEST_PAUSE_MS = 1500;

/**
 * Draws a recording as a terminal in which lines appear as they were printed, without a script. Whoever wants no movement,
 * and programs that know none, see all lines at once.
 */
export function drawRecording({ title, command, lines }: Recording): string {
  const shown = withShortPauses(lines).flatMap(({ at, text }) =>
    wrapped(text).map((part) => ({ at, text: part })),
  );
  const rows = [{ at: 0, text: `$ ${command}` }, ...shown];
  const width = COLUMNS * CHARACTER + 2 * PADDING;
  const height = rows.length * LINE + 2 * PADDING;
  const texts = rows.map(({ at, text }, index) => {
    const y = PADDING + (index + 1) * LINE - 5;
    const wait = at === 0 ? "" : ` style="animation-duration:${coordinate(at / 1000)}s"`;
    return `<text x="${PADDING}" y="${y}"${wait} xml:space="preserve">${escapeText(text)}</text>`;
  });
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${coordinate(width)} ${height}" role="img"><title>${escapeText(title)}</title><style>${STYLE}</style><rect width="100%" height="100%" rx="8" fill="#1c2027"/>${texts.join("\n")}</svg>\n`;
}

/** The times of the lines, counted anew with pauses that are not longer than a person wants to wait. */
export function withShortPauses(lines: readonly PrintedLine[]): readonly PrintedLine[] {
  let before = 0;
  let shownAt = 0;
  return lines.map(({ at, text }) => {
    shownAt += Math.min(Math.max(0, at - before), LONGEST_PAUSE_MS);
    before = at;
    return { at: shownAt, text };
  });
}

/** A line as a terminal of that width breaks it. */
function wrapped(text: string): readonly string[] {
  const letters = Array.from(text.trimEnd());
  if (letters.length === 0) return [""];
  return Array.from({ length: Math.ceil(letters.length / COLUMNS) }, (_, row) =>
    letters.slice(row * COLUMNS, (row + 1) * COLUMNS).join(""),
  );
}

const STYLE = [
  "text{font:13px ui-monospace,Menlo,Consolas,'DejaVu Sans Mono',monospace;fill:#e6e9ee;animation-name:wait}",
  "text:first-of-type{fill:#8fd19e}",
  "@keyframes wait{from,to{visibility:hidden}}",
  "@media(prefers-reduced-motion:reduce){text{animation-name:none}}",
].join("");
