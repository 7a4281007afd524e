import { statSync } from "node:fs";
import { join, relative } from "node:path";
import { packCharm } from "./pack/pack-charm.ts";

/** `node scripts/pack.ts`: packs the charm for this machine's architecture into `dist/`. */
const root = join(import.meta.dirname, "..");
const started = performance.now();
const { path, made } = await packCharm({ root });
const size = (statSync(path).size / 1e6).toFixed(0);
const seconds = ((performance.now() - started) / 1000).toFixed(1);
console.log(
  `${relative(process.cwd(), path)} ${made ? "packed" : "is up to date"} (${size} MB, ${seconds} s)`,
);
