import { join } from "node:path";
import { npmCommand } from "../npm-command.ts";
import { releasePackages } from "./release-packages.ts";
import { runScript } from "./run-script.ts";

const { dryRun } = npmCommand(
  "release",
  "Checks versions and changesets, builds, packs and checks all packages, and publishes those that the registry does not have.",
)
  .option("--dry-run", "do all but publish, without the network", false)
  .parse()
  .opts<{ readonly dryRun: boolean }>();

await runScript(async () => {
  await releasePackages(join(import.meta.dirname, "../.."), {
    isDryRun: dryRun,
    say: (line) => {
      console.log(line);
    },
  });
});
