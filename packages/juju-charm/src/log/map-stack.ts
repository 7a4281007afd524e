import { readFileSync } from "node:fs";
import { SourceMap, type SourceMapPayload } from "node:module";
import { fileURLToPath } from "node:url";

/** `    at Charm.onInstall (file:///charm/lib/main.mjs:10:20)`, with or without parentheses. */
const FRAME = /^(\s+at .*?)((?:file:\/\/)?\/[^\s()]+):(\d+):(\d+)(\)?)$/;

/**
 * Rewrites positions in a stack from the bundle to its TypeScript sources, for files with a source map. Used only after
 * an error: a successful dispatch loads no source map.
 */
export function mapStack(stack: string): string {
  const maps = new Map<string, SourceMap | undefined>();
  return stack
    .split("\n")
    .map((line) => mapFrame(line, maps))
    .join("\n");
}

function mapFrame(frame: string, maps: Map<string, SourceMap | undefined>): string {
  const [, before, file, line, column, after] = FRAME.exec(frame) ?? [];
  if (before === undefined || file === undefined || after === undefined) return frame;
  if (!maps.has(file)) maps.set(file, readMap(file));
  // A source map counts from 0, a stack from 1.
  const entry = maps.get(file)?.findEntry(Number(line) - 1, Number(column) - 1);
  if (!entry || !("originalSource" in entry)) return frame;
  const source = entry.originalSource.replace(/^(?:file:\/\/)?(?:\.\.?\/)*/, "");
  return `${before}${source}:${entry.originalLine + 1}:${entry.originalColumn + 1}${after}`;
}

/** Reads a source map. A missing or unreadable map leaves the frames of its file unchanged. */
function readMap(file: string): SourceMap | undefined {
  try {
    const path = file.startsWith("file://") ? fileURLToPath(file) : file;
    return new SourceMap(JSON.parse(readFileSync(`${path}.map`, "utf8")) as SourceMapPayload);
  } catch {
    return undefined;
  }
}
