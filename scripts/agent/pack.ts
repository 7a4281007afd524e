/** `npm run agent:pack [-- --arch amd64|arm64|all]`: makes the agent as one file that needs no Node.js, in `dist`. */
import { join } from "node:path";
import { Option } from "commander";
import { CodedError } from "charm-kit";
import { ARCHITECTURES, hostArchitecture, type Architecture } from "juju-charm/pack";
import { npmCommand } from "../npm-command.ts";
import { packAgent } from "./pack-agent.ts";

const ROOT = join(import.meta.dirname, "../..");

await npmCommand("agent:pack", "Makes the agent as one file that needs no Node.js, in dist.")
  .addOption(
    new Option("--arch <architecture>", "architecture of the target machines")
      .choices([...ARCHITECTURES, "all"])
      .default(hostArchitecture(), "this machine's"),
  )
  .action(async ({ arch }: { readonly arch: Architecture | "all" }) => {
    for (const architecture of arch === "all" ? ARCHITECTURES : [arch]) {
      const { bytes } = await packAgent(ROOT, join(ROOT, "dist"), architecture);
      process.stdout.write(`dist/juju-agent_${architecture} packed (${(bytes / 1e6).toFixed(0)} MB)\n`);
    }
  })
  .parseAsync()
  .catch((thrown: unknown) => {
    if (!(thrown instanceof CodedError)) throw thrown;
    process.stderr.write(`${thrown.message}\n`);
    process.exitCode = 1;
  });
