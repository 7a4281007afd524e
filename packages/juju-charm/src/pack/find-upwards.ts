import { existsSync } from "node:fs";
import { dirname, join, resolve } from "node:path";

/** A directory and its parents, innermost first. */
export function upwards(directory: string): readonly string[] {
  const found = [resolve(directory)];
  for (const inner of found) {
    const outer = dirname(inner);
    if (outer !== inner) found.push(outer);
  }
  return found;
}

/** The directory of an npm package for modules in a directory; undefined when it is not installed. */
export function findInstalled(directory: string, name: string): string | undefined {
  return upwards(directory)
    .map((outer) => join(outer, "node_modules", name))
    .find((candidate) => existsSync(join(candidate, "package.json")));
}
