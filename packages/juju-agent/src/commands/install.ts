import { AgentRequestError } from "../agent-errors.ts";
import type { OwnCharm, Product } from "../product.ts";
import { installProgram } from "../service/agent-program.ts";
import { UPDATE_MINUTES } from "../service/service-files.ts";
import type { UnitAgent } from "../unit-agent.ts";
import { collect, type AddVerbs, type CommandCall } from "./command.ts";
import { deploy } from "./deployment.ts";
import { SERVE } from "./reboot-note.ts";

const CONFIG = "options: KEY=VALUE, KEY=@FILE, or a YAML file; may be repeated";

export const addInstall: AddVerbs = ({ add, run, product: { name, ownCharm } }) => {
  const install = add(
    "install",
    "Install the agent and its service, which runs hooks at boot and on a schedule",
  );
  const description =
    "Makes a systemd timer that runs the hooks that are due, such as start after a reboot of the machine, and " +
    `update-status, at boot and every ${UPDATE_MINUTES} minutes. An agent that is a single file is copied to ` +
    `/usr/local/bin/${name} first. Repeat it with another version, newer or older, to replace the installed one.`;
  if (ownCharm === undefined) {
    install.description(description).action(() =>
      run(async (call) => {
        await installAgent(call);
        return 0;
      }),
    );
    return;
  }
  install
    .description(
      `${description} Then it deploys its charm; units that run it already get the charm's other version.`,
    )
    .option("--config <pair or file>", CONFIG, collect, [])
    .option("--no-deploy", "do not deploy the charm")
    .action((words) =>
      run(async (call) => {
        const agent = await installAgent(call);
        await installCharm({ ...call, agent }, ownCharm, { config: words.config, deploys: words.deploy });
        return 0;
      }),
    );
};

/** @returns the agent that the installed program is. */
async function installAgent(call: CommandCall): Promise<UnitAgent> {
  const { installation, report, printError, signal } = call;
  const { product, program, service, programs } = installation;
  refuseManaged(
    product,
    "install",
    `its service is there already${product.ownCharm ? "; use the verb deploy" : ""}`,
  );
  const command = await installProgram(product.name, program, programs);
  if (program.packed !== undefined)
    report({ program: command.join(" ") }, `${command.join(" ")} installed\n`);
  const agent = call.agentCalledBy(command);
  await agent.renewTools(signal);
  if (!service.isPossible) {
    printError(`NOTE There is no service, because this machine does not run systemd: ${SERVE}\n`);
  } else {
    await service.install(command, signal);
    report(
      { timer: `${service.name}.timer` },
      `${service.name}.timer started: hooks run at boot and every ${UPDATE_MINUTES} minutes\n`,
    );
  }
  return agent;
}

/** Deploys the program's own charm for the first time; later, gives it to the applications that follow it. */
async function installCharm(
  call: CommandCall,
  { archive }: OwnCharm,
  { config, deploys }: { readonly config: readonly string[]; readonly deploys: boolean },
): Promise<void> {
  const { agent, report, signal } = call;
  const refreshed = await agent.followOwnCharm(signal);
  report({ refreshed }, refreshed.map((application) => `${application} refreshed\n`).join(""));
  if (!deploys) return;
  const charm = await agent.charmIn(archive, signal);
  const deployed = Object.values((await agent.status()).applications).some((each) => each.charm === charm);
  if (!deployed) await deploy(call, { archive, config });
  else if (config.length > 0)
    throw new AgentRequestError(
      `Cannot configure ${charm} while it is installed: it is deployed; use the verb config`,
    );
}

/** A package manager does the same, and knows nothing of what is done beside it. */
export function refuseManaged({ name, managedBy }: Product, verb: string, advice: string): void {
  if (managedBy !== undefined)
    throw new AgentRequestError(`Cannot ${verb} ${name}: ${managedBy} has installed it; ${advice}`);
}
