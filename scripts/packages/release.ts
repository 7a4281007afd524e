import { join } from "node:path";
import { parseArgs } from "node:util";
import { releasePackages } from "./release-packages.ts";
import { runScript } from "./run-script.ts";

/**
 * `node scripts/packages/release.ts [--dry-run]`: checks versions and changesets, builds, packs and checks all packages,
 * and publishes those that the registry does not have; with `--dry-run` it does all but that, without the network.
 */
await runScript(async () => {
  const { values } = parseArgs({ options: { "dry-run": { type: "boolean", default: false } } });
  await releasePackages(join(import.meta.dirname, "../.."), {
    isDryRun: values["dry-run"],
    say: (line) => {
      console.log(line);
    },
  });
});
