import { resolve } from "node:path";

import { messageOf, systemClock } from "charm-kit";
import type { AgentEvent } from "./agent-event.ts";
import { readCommandLine, renderHelp } from "./command-line.ts";
import type { MachineFacts } from "./machine-facts.ts";
import { UnitAgent } from "./unit-agent.ts";

/** Services of the command line. */
export interface CommandLineDependencies {
  /** Reads the machine's facts. */
  readonly readMachine: () => Promise<MachineFacts>;
  /** The agent's program and its first arguments, which the charm's `juju-exec` calls. */
  readonly program: readonly string[];
  /** Prints to the standard output, unchanged. */
  readonly print: (text: string) => void;
  /** Prints to the standard error, unchanged. */
  readonly printError: (text: string) => void;
  /** Interrupts the command. */
  readonly signal: AbortSignal;
}

/**
 * Runs `[--state DIR] <command> [argument]...`. Prints errors.
 *
 * @returns the exit code, 1 after an error
 */
export async function runCommandLine(
  argv: readonly string[],
  { readMachine, program, print, printError, signal }: CommandLineDependencies,
): Promise<number> {
  try {
    const { stateDirectory, command, argv: rest } = readCommandLine(argv);
    if (!command) {
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
    return await command.run({ agent, argv: rest, print, printError, signal });
  } catch (thrown) {
    printError(`ERROR ${messageOf(thrown)}\n`);
    return 1;
  }
}

/** Progress goes to the standard error; the standard output is the command's answer. */
function showProgress(event: AgentEvent, printError: (text: string) => void): void {
  if (event.kind !== "status") return;
  const { unit, status } = event;
  printError(`${unit}: ${status.name}${status.message === "" ? "" : `: ${status.message}`}\n`);
}
