import { readFileSync } from "node:fs";
import { SourceMap, type SourceMapPayload } from "node:module";
import { fileURLToPath } from "node:url";

/** `    at Charm.onInstall (file:///charm/lib/main.mjs:10:20)`, with or without the brackets. */
const FRAME = /^(\s+at .*?)((?:file:\/\/)?\/[^\s()]+):(\d+):(\d+)(\)?)$/;

/**
 * Rewrites the places in a stack from those in the bundle to those in the TypeScript that it was made from, as far as
 * there is a source map beside a file. Meant for the moment of a failure: a dispatch that succeeds loads no source map.
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

/** A map that is not there, or that nobody can read, leaves the frames of its file as they are. */
function readMap(file: string): SourceMap | undefined {
  try {
    const path = file.startsWith("file://") ? fileURLToPath(file) : file;
    return new SourceMap(JSON.parse(readFileSync(`${path}.map`, "utf8")) as SourceMapPayload);
  } catch {
    return undefined;
  }
}
