import { InvalidArgumentError } from "@commander-js/extra-typings";
import { messageOf, systemClock } from "charm-kit";
import { AgentRequestError } from "../agent-errors.ts";
import { removeProgram } from "../service/agent-program.ts";
import { runPeriodically, type PeriodicTask } from "../service/periodic-tasks.ts";
import { UPDATE_MINUTES } from "../service/service-files.ts";
import { readDuration, type AddVerbs, type CommandCall } from "./command.ts";
import { dispatchEverywhere } from "./exec.ts";
import { addInstall, refuseManaged } from "./install.ts";

export const addService: AddVerbs = ({ add, run, product }) => {
  addInstall({ add, run, product });

  add("uninstall", "Remove the agent, its service and its state")
    .description(
      "Removes what install has made, and the state directory. Refuses while an application is deployed: remove it first.",
    )
    .option("--keep-state", "leave the state directory, with its units, as it is", false)
    .option("--check", "only say whether an application is deployed, with exit code 1", false)
    .action(({ keepState, check }) =>
      run(async (call) => {
        if (!keepState) await assertUnused(call);
        return check ? 0 : uninstall(call, keepState);
      }),
    );

  add("serve", "Run hooks on a schedule until interrupted, on a machine without systemd")
    .description(
      "Runs the hooks that are due, such as start after a reboot, and update-status: at once, and then on a schedule. For " +
        "machines without systemd; elsewhere install makes a timer. Keeps the programs running that charms have " +
        "declared. Other commands work meanwhile.",
    )
    .option(
      "--every <duration>",
      "time between two runs of update-status",
      readInterval,
      UPDATE_MINUTES * 60_000,
    )
    .option(
      "--dispatch <event=duration>",
      "also dispatch an event of the charm; may be repeated",
      readDispatch,
      [],
    )
    .action(({ every, dispatch }) => run((call) => serve(call, every, dispatch)));
};

async function assertUnused({ agent }: CommandCall): Promise<void> {
  const deployed = Object.keys((await agent.status()).applications);
  if (deployed.length > 0) {
    throw new AgentRequestError(
      `Cannot uninstall the agent: ${deployed.join(", ")} is deployed, remove it first, or give --keep-state`,
    );
  }
}

async function uninstall(call: CommandCall, keepsState: boolean): Promise<number> {
  const { agent, installation, report, signal } = call;
  const { product, program, service, programs, stateDirectory } = installation;
  if (service.name === product.name) refuseManaged(product, "uninstall", `use apt remove ${product.name}`);
  await service.remove(signal);
  if (!keepsState) await agent.deleteState(signal);
  if ((await service.others()).length === 0) await removeProgram(product.name, program, programs);
  report(
    keepsState ? { kept: stateDirectory } : {},
    keepsState ? `uninstalled, but ${stateDirectory} is kept\n` : "uninstalled\n",
  );
  return 0;
}

interface Dispatch {
  readonly event: string;
  readonly everyMs: number;
}

async function serve(call: CommandCall, everyMs: number, dispatches: readonly Dispatch[]): Promise<number> {
  const { agent, printError, signal } = call;
  const tasks: readonly PeriodicTask[] = [
    { everyMs, isDueAtOnce: true, run: (limited) => agent.updateStatus(limited) },
    ...dispatches.map((dispatch) => ({
      everyMs: dispatch.everyMs,
      run: (limited: AbortSignal) => dispatchEverywhere({ ...call, signal: limited }, dispatch.event),
    })),
  ];
  const onFailure = (thrown: unknown) => {
    printError(`ERROR ${messageOf(thrown)}\n`);
  };
  await Promise.all([
    runPeriodically(tasks, { clock: systemClock, onFailure }, signal),
    agent.supervisePrograms(signal),
  ]);
  return 0;
}

function readInterval(text: string): number {
  const everyMs = readDuration(text);
  if (everyMs > 0) return everyMs;
  throw new InvalidArgumentError("Give a duration of at least 1s.");
}

function readDispatch(text: string, previous: readonly Dispatch[]): readonly Dispatch[] {
  const [, event, every] = /^([a-z][a-z0-9-]*)=(.+)$/.exec(text) ?? [];
  if (event === undefined || every === undefined)
    throw new InvalidArgumentError("Give an event and a duration, such as reconcile-runners=2m.");
  return [...previous, { event, everyMs: readInterval(every) }];
}
