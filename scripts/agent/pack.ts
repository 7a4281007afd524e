/** `npm run agent:pack [-- --arch amd64|arm64|all] [--bare]`: makes the agent as one file that needs no Node.js, in `dist`. */
import { basename, join } from "node:path";
import { Option } from "commander";
import { CodedError } from "charm-kit";
import { ARCHITECTURES, hostArchitecture, type Architecture } from "juju-charm/pack";
import { npmCommand } from "../npm-command.ts";
import { packAgent } from "./pack-agent.ts";
import { jujuAgent, runnerAgent } from "./products.ts";

const ROOT = join(import.meta.dirname, "../..");
const DIST = join(ROOT, "dist");

interface Words {
  readonly arch: Architecture | "all";
  readonly bare: boolean;
}

await npmCommand("agent:pack", "Makes the agent with the charm as one file that needs no Node.js, in dist.")
  .addOption(
    new Option("--arch <architecture>", "architecture of the target machines")
      .choices([...ARCHITECTURES, "all"])
      .default(hostArchitecture(), "this machine's"),
  )
  .option("--bare", "the agent without the charm, for any charm", false)
  .action(async ({ arch, bare }: Words) => {
    for (const architecture of arch === "all" ? ARCHITECTURES : [arch]) {
      const product = bare ? await jujuAgent(ROOT) : await runnerAgent(ROOT, DIST, architecture);
      const { path, bytes } = await packAgent(ROOT, DIST, architecture, product);
      process.stdout.write(`dist/${basename(path)} packed (${(bytes / 1e6).toFixed(0)} MB)\n`);
    }
  })
  .parseAsync()
  .catch((thrown: unknown) => {
    if (!(thrown instanceof CodedError)) throw thrown;
    process.stderr.write(`${thrown.message}\n`);
    process.exitCode = 1;
  });
