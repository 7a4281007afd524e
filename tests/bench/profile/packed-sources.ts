import { existsSync, readFileSync } from "node:fs";
import { SourceMap, type SourceMapPayload } from "node:module";
import { basename } from "node:path";
import { fileURLToPath } from "node:url";
import type { CallFrame, SourceFrame } from "./cpu-profile.ts";

/** Functions of Node.js that are not JavaScript. */
export const NATIVE_SOURCE = "native code";

/** Finds functions of packed programs in the sources by the source maps that lie beside the programs. */
export class PackedSources {
  readonly #maps = new Map<string, SourceMap | undefined>();

  find({ functionName, url, lineNumber, columnNumber }: CallFrame): SourceFrame {
    // What the runtime does itself has a name in brackets, and no file.
    if (url === "")
      return { name: functionName, source: functionName.startsWith("(") ? functionName : NATIVE_SOURCE };
    if (!url.startsWith("file:")) return { name: nameOf(functionName), source: builtinOf(url) };
    const entry = this.#mapOf(fileURLToPath(url))?.findEntry(lineNumber, columnNumber);
    const original = entry && "originalSource" in entry ? entry.originalSource : undefined;
    return {
      name: nameOf(functionName),
      source: original === undefined ? basename(fileURLToPath(url)) : shortSource(original),
    };
  }

  #mapOf(path: string): SourceMap | undefined {
    if (!this.#maps.has(path)) {
      const map = `${path}.map`;
      this.#maps.set(
        path,
        existsSync(map)
          ? new SourceMap(JSON.parse(readFileSync(map, "utf8")) as SourceMapPayload)
          : undefined,
      );
    }
    return this.#maps.get(path);
  }
}

/** @returns the name of a package for what is in it, and the path from the repository for its own sources. Pure. */
export function shortSource(path: string): string {
  const [, name] = /.*\bnode_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(path) ?? [];
  return name ?? path.replace(/^(?:file:\/\/)?(?:.*?\/)??(?=(?:src|packages)\/)/, "");
}

/** @returns what a source belongs to: `src/lxd`, `packages/kit`, or the source itself. Pure. */
export function roomOf(source: string): string {
  const [, room] = /^(src\/[^/]+|packages\/[^/]+)\//.exec(source) ?? [];
  return room ?? source;
}

/** Such as `node:fs` for its parts, and `node:internal/modules`. */
function builtinOf(url: string): string {
  const [, builtin] = /^(node:internal\/[^/]+|[^/]+)/.exec(url) ?? [];
  return builtin ?? url;
}

function nameOf(functionName: string): string {
  return functionName === "" ? "(without a name)" : functionName;
}
