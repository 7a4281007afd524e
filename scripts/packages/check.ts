import { join } from "node:path";
import { buildPackages } from "./build-packages.ts";
import { npmCommand } from "../npm-command.ts";
import { packPackages } from "./pack-packages.ts";
import { checkTarballs } from "./release-packages.ts";
import { runScript } from "./run-script.ts";

const { args } = npmCommand("packages:check", "Builds and packs packages, and checks them as users get them.")
  .argument("[folders...]", "folders of packages (default: all)")
  .parse();

await runScript(async () => {
  const root = join(import.meta.dirname, "../..");
  const packed = await packPackages(root, await buildPackages(root, args));
  await checkTarballs(packed, (line) => {
    console.log(line);
  });
});
