import { resolve } from "node:path";

import { messageOf, systemClock } from "charm-kit";
import type { AgentEvent } from "./agent-event.ts";
import { readCommandLine, renderHelp } from "./command-line.ts";
import type { MachineFacts } from "./machine-facts.ts";
import { UnitAgent } from "./unit-agent.ts";

/** What a command line works with. */
export interface CommandLineDependencies {
  /** Reads the facts of the machine. */
  readonly readMachine: () => Promise<MachineFacts>;
  /** The program of the agent and its first arguments, which the charm's `juju-exec` calls. */
  readonly program: readonly string[];
  /** Prints to the standard output, as it is. */
  readonly print: (text: string) => void;
  /** Prints to the standard error, as it is. */
  readonly printError: (text: string) => void;
  /** Interrupts the verb. */
  readonly signal: AbortSignal;
}

/**
 * Runs `[--state DIR] <verb> [argument]...` and gives the exit code. An error is printed, and the exit code is then 1.
 */
export async function runCommandLine(
  argv: readonly string[],
  { readMachine, program, print, printError, signal }: CommandLineDependencies,
): Promise<number> {
  try {
    const { stateDirectory, verb, argv: rest } = readCommandLine(argv);
    if (!verb) {
      print(renderHelp());
      return 0;
    }
    const agent = new UnitAgent({
      stateDirectory: resolve(stateDirectory),
      clock: systemClock,
      machine: await readMachine(),
      commandLine: program,
      onEvent: (event) => {
        showProgress(event, printError);
      },
    });
    return await verb.run({ agent, argv: rest, print, printError, signal });
  } catch (thrown) {
    printError(`ERROR ${messageOf(thrown)}\n`);
    return 1;
  }
}

/** Progress goes to the standard error; the standard output is the verb's answer. */
function showProgress(event: AgentEvent, printError: (text: string) => void): void {
  if (event.kind !== "status") return;
  const { unit, status } = event;
  printError(`${unit}: ${status.name}${status.message === "" ? "" : `: ${status.message}`}\n`);
}
