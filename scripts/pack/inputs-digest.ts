import { createHash } from "node:crypto";
import { globSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";

/** Everything that ends up in an archive or decides how it is made, but the runtime. */
const INPUTS = [
  "src/**/*.ts",
  "scripts/pack.ts",
  "scripts/{pack,metadata}/**/*.ts",
  "{charm,config,actions}.yaml",
  "package-lock.json",
  "{LICENSE,README.md,icon.svg}",
];

/** Digest of what an archive is made of; the runtime goes by its size and time, since it is large. */
export function inputsDigest(
  root: string,
  { runtime, version }: { runtime: string; version: string },
): string {
  const hash = createHash("sha256").update(version);
  for (const name of globSync(INPUTS, { cwd: root }).sort()) {
    hash.update(`\0${name}\0`).update(readFileSync(join(root, name)));
  }
  const { size, mtimeMs } = statSync(runtime);
  return hash.update(`\0${runtime} ${size} ${mtimeMs}`).digest("hex");
}
