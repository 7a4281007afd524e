import { join } from "node:path";
import { buildPackages } from "./build-packages.ts";
import { runScript } from "./run-script.ts";

/**
 * `node scripts/packages/build.ts [NAME]...`: builds packages as they are published into `dist/packages`, all of them or
 * those named by their folders, with the siblings that they need.
 */
await runScript(async () => {
  const root = join(import.meta.dirname, "../..");
  for (const { name, directory, made } of await buildPackages(root, process.argv.slice(2))) {
    console.log(`${name} ${made ? "built" : "is up to date"}: ${directory}`);
  }
});
