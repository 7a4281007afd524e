import { resolve } from "node:path";

import { CommanderError } from "@commander-js/extra-typings";
import { CodedError, messageOf, runProcess, systemClock, systemErrorCode } from "charm-kit";
import type { AgentEvent } from "./agent-event.ts";
import { createProgram, type GlobalOptions } from "./command-line.ts";
import type { CommandCall } from "./commands/command.ts";
import { FAILED, USAGE } from "./exit-codes.ts";
import type { MachineFacts } from "./machine-facts.ts";
import type { Product } from "./product.ts";
import type { AgentProgram } from "./service/agent-program.ts";
import { AgentService, type SystemdPaths } from "./service/agent-service.ts";
import { NO_TERMINAL, type Terminal } from "./terminal.ts";
import { UnitAgent } from "./unit-agent.ts";

/** Services of the command line. */
export interface CommandLineDependencies {
  /** Reads the machine's facts. */
  readonly readMachine: () => Promise<MachineFacts>;
  /** How the charm's `juju-exec` and the service call the agent. */
  readonly program: AgentProgram;
  /** Where the agent is installed. */
  readonly paths: SystemdPaths & { readonly programs: string };
  readonly product: Product;
  /** @default none */
  readonly terminal?: Terminal;
  /** Prints to the standard output, unchanged. */
  readonly print: (text: string) => void;
  /** Prints to the standard error, unchanged. */
  readonly printError: (text: string) => void;
  /** Interrupts the command. */
  readonly signal: AbortSignal;
}

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
  const { product, print, printError } = dependencies;
  let code = 0;
  let stateDirectory = "";
  const answer = new Answer(print);
  const run = async (options: GlobalOptions, work: (call: CommandCall) => Promise<number>) => {
    stateDirectory = resolve(options.state);
    answer.begin(options.isJson);
    code = await work(await openCall(stateDirectory, { isQuiet: options.quiet, answer }, dependencies));
    answer.end();
  };
  try {
    const words = argv.length === 0 ? ["--help"] : argv;
    await createProgram({ product, print, printError, run }).parseAsync(words, { from: "user" });
  } catch (thrown) {
    if (thrown instanceof CommanderError) return thrown.exitCode === 0 ? 0 : USAGE;
    const reason = describe(thrown, stateDirectory);
    answer.fail(reason, thrown instanceof CodedError ? thrown.code : undefined);
    printError(`ERROR ${reason}\n`);
    return FAILED;
  }
  return code;
}

/** The answer of a verb on the standard output: text as it comes, or one object of JSON, whatever happens. */
class Answer {
  readonly #print: (text: string) => void;
  #parts: object = {};
  #isLines = false;
  isJson = false;

  constructor(print: (text: string) => void) {
    this.#print = print;
  }

  begin(isJson: boolean): void {
    this.isJson = isJson;
  }

  report(part: object, text: string): void {
    if (this.isJson) this.#parts = { ...this.#parts, ...part };
    else this.#print(text);
  }

  line(line: string): void {
    this.#isLines = true;
    this.#print(`${line}\n`);
  }

  end(): void {
    if (this.isJson && !this.#isLines) this.#print(`${JSON.stringify(this.#parts)}\n`);
  }

  fail(message: string, code: string | undefined): void {
    if (!this.isJson) return;
    const error = { ...(code === undefined ? {} : { code }), message };
    this.#print(`${JSON.stringify({ ...(this.#isLines ? {} : this.#parts), error })}\n`);
  }
}

async function openCall(
  stateDirectory: string,
  { isQuiet, answer }: { readonly isQuiet: boolean; readonly answer: Answer },
  dependencies: CommandLineDependencies,
): Promise<CommandCall> {
  const { readMachine, program, product, paths, printError, signal } = dependencies;
  const { isJson } = answer;
  // Nothing but the object is on the standard output then.
  const print = isJson ? printError : dependencies.print;
  const machine = await readMachine();
  const agentCalledBy = (commandLine: readonly string[]) =>
    new UnitAgent({
      stateDirectory,
      clock: systemClock,
      machine,
      commandLine,
      ...(product.ownCharm === undefined ? {} : { ownCharm: product.ownCharm }),
      onEvent: (event) => {
        if (!isQuiet) showProgress(event, printError);
      },
    });
  const nothing = () => undefined;
  return {
    agent: agentCalledBy(program.command),
    agentCalledBy,
    installation: {
      product,
      program,
      programs: paths.programs,
      service: new AgentService({ product, stateDirectory, systemd: paths, run: runProcess }),
      stateDirectory,
    },
    isJson,
    report: (part, text) => {
      answer.report(part, text);
    },
    print,
    printLine: (line) => {
      answer.line(line);
    },
    printError,
    printNote: isQuiet ? nothing : printError,
    printDetail: isQuiet ? nothing : print,
    terminal: dependencies.terminal ?? NO_TERMINAL,
    signal,
  };
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
