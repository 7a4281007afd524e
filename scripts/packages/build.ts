import { join } from "node:path";
import { buildPackages } from "./build-packages.ts";
import { npmCommand } from "../npm-command.ts";
import { runScript } from "./run-script.ts";

const { args } = npmCommand("packages:build", "Builds packages as they are published into dist/packages.")
  .argument("[folders...]", "folders of packages, which are built with those that they need (default: all)")
  .parse();

await runScript(async () => {
  const root = join(import.meta.dirname, "../..");
  for (const { name, directory, made } of await buildPackages(root, args)) {
    console.log(`${name} ${made ? "built" : "is up to date"}: ${directory}`);
  }
});
