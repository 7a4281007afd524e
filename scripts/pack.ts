import { realpathSync, statSync } from "node:fs";
import { join, relative } from "node:path";
import { parseArgs } from "node:util";
import { ARCHITECTURES, hostArchitecture, packCharm } from "juju-charm/pack";

/**
 * `node scripts/pack.ts [--charm DIRECTORY] [--arch amd64|arm64|all]`: packs a charm into `dist/` of its directory, for
 * this machine's architecture unless another is named. Without a directory it is the charm of this repository.
 */
const root = join(import.meta.dirname, "..");
const { values } = parseArgs({
  options: {
    charm: { type: "string", default: root },
    arch: { type: "string", default: hostArchitecture() },
  },
});
const charm = realpathSync(values.charm);
const wanted = ARCHITECTURES.filter((architecture) => ["all", architecture].includes(values.arch));
if (wanted.length === 0) throw new Error(`Cannot pack for ${values.arch}: use amd64, arm64 or all`);

for (const architecture of wanted) {
  const started = performance.now();
  const { path, made } = await packCharm({ charm, architecture });
  const size = (statSync(path).size / 1e6).toFixed(0);
  const seconds = ((performance.now() - started) / 1000).toFixed(1);
  const outcome = made ? "packed" : "is up to date";
  console.log(`${relative(process.cwd(), path)} ${outcome} (${size} MB, ${seconds} s)`);
}
