import { resolve } from "node:path";

import { CommanderError } from "@commander-js/extra-typings";
import { messageOf, systemClock, systemErrorCode } from "charm-kit";
import type { AgentEvent } from "./agent-event.ts";
import { createProgram, type GlobalOptions } from "./command-line.ts";
import type { CommandCall } from "./commands/command.ts";
import type { MachineFacts } from "./machine-facts.ts";
import { UnitAgent } from "./unit-agent.ts";

/** Services of the command line. */
export interface CommandLineDependencies {
  /** Reads the machine's facts. */
  readonly readMachine: () => Promise<MachineFacts>;
  /** The agent's program and its first arguments, which the charm's `juju-exec` calls. */
  readonly program: readonly string[];
  readonly version: string;
  /** Prints to the standard output, unchanged. */
  readonly print: (text: string) => void;
  /** Prints to the standard error, unchanged. */
  readonly printError: (text: string) => void;
  /** Interrupts the command. */
  readonly signal: AbortSignal;
}

/** Exit code for wrong use. */
const USAGE = 2;

/**
 * Runs `juju-agent`. Prints errors.
 *
 * @param argv arguments after the name of the program
 * @returns the exit code: 0 when done, 1 when refused or failed, 2 for wrong use, or the verb's own
 */
export async function runCommandLine(
  argv: readonly string[],
  dependencies: CommandLineDependencies,
): Promise<number> {
  const { version, print, printError } = dependencies;
  let code = 0;
  let stateDirectory = "";
  const run = async (options: GlobalOptions, work: (call: CommandCall) => Promise<number>) => {
    stateDirectory = resolve(options.state);
    code = await work(await openCall(stateDirectory, options.quiet, dependencies));
  };
  try {
    const words = argv.length === 0 ? ["--help"] : argv;
    await createProgram({ version, print, printError, run }).parseAsync(words, { from: "user" });
  } catch (thrown) {
    if (thrown instanceof CommanderError) return thrown.exitCode === 0 ? 0 : USAGE;
    printError(`ERROR ${describe(thrown, stateDirectory)}\n`);
    return 1;
  }
  return code;
}

async function openCall(
  stateDirectory: string,
  isQuiet: boolean,
  { readMachine, program, print, printError, signal }: CommandLineDependencies,
): Promise<CommandCall> {
  const agent = new UnitAgent({
    stateDirectory,
    clock: systemClock,
    machine: await readMachine(),
    commandLine: program,
    onEvent: (event) => {
      if (!isQuiet) showProgress(event, printError);
    },
  });
  const printDetail = isQuiet ? () => undefined : print;
  return { agent, print, printError, printDetail, signal };
}

/** Progress goes to the standard error; the standard output is the command's answer. */
function showProgress(event: AgentEvent, printError: (text: string) => void): void {
  if (event.kind !== "status") return;
  const { unit, status } = event;
  printError(`${unit}: ${status.name}${status.message === "" ? "" : `: ${status.message}`}\n`);
}

/** Without root, the state directory cannot be opened. */
function describe(thrown: unknown, stateDirectory: string): string {
  const isRefused = (cause: unknown) => ["EACCES", "EPERM"].includes(systemErrorCode(cause) ?? "");
  const path = (thrown as NodeJS.ErrnoException | undefined)?.path ?? "";
  if (
    isRefused(thrown) &&
    (path === "" || path.startsWith(stateDirectory) || stateDirectory.startsWith(path))
  )
    return `Cannot open ${stateDirectory}: permission denied; run the command as root, for example with sudo`;
  return messageOf(thrown);
}
