import { join } from "node:path";
import { buildPackages } from "./build-packages.ts";
import { packPackages } from "./pack-packages.ts";
import { checkTarballs } from "./release-packages.ts";
import { runScript } from "./run-script.ts";

/** `node scripts/packages/check.ts [NAME]...`: builds and packs packages, and checks them as users get them. */
await runScript(async () => {
  const root = join(import.meta.dirname, "../..");
  const packed = await packPackages(root, await buildPackages(root, process.argv.slice(2)));
  await checkTarballs(packed, (line) => {
    console.log(line);
  });
});
