import { AgentRequestError } from "./agent-errors.ts";
import { configCommand } from "./commands/config.ts";
import { deployCommand } from "./commands/deploy.ts";
import { dispatchEventCommand, execCommand } from "./commands/exec.ts";
import { fireHookCommand, resolveCommand, updateStatusCommand } from "./commands/hooks.ts";
import { modelConfigCommand } from "./commands/model-config.ts";
import { refreshCommand } from "./commands/refresh.ts";
import { removeCommand } from "./commands/remove.ts";
import { runCommand } from "./commands/run.ts";
import { SECRET_COMMANDS } from "./commands/secrets.ts";
import { debugLogCommand, statusCommand } from "./commands/status.ts";
import type { Command } from "./commands/command.ts";

/** State directory without `--state`. */
const DEFAULT_STATE_DIRECTORY = "/var/lib/github-runner-agent";

const COMMANDS: readonly Command[] = [
  deployCommand,
  configCommand,
  modelConfigCommand,
  ...SECRET_COMMANDS,
  runCommand,
  execCommand,
  dispatchEventCommand,
  updateStatusCommand,
  fireHookCommand,
  refreshCommand,
  statusCommand,
  debugLogCommand,
  resolveCommand,
  removeCommand,
];

/** A parsed command line; without a command it asks for the help. */
export interface CommandLine {
  readonly stateDirectory: string;
  readonly command: Command | undefined;
  readonly argv: readonly string[];
}

/**
 * Parses `[--state DIR] <command> [argument]...`; `--state` may also follow the command.
 *
 * @throws AgentRequestError for an unknown command
 */
export function readCommandLine(argv: readonly string[]): CommandLine {
  const { stateDirectory, rest } = takeState(argv);
  const [name, ...following] = rest;
  if (name === undefined || name === "help" || name === "--help" || name === "-h") {
    return { stateDirectory, command: undefined, argv: following };
  }
  const command = COMMANDS.find((candidate) => candidate.name === name);
  if (command) return { stateDirectory, command, argv: following };
  throw new AgentRequestError(`Cannot run "${name}": unknown command, see --help`);
}

/** Reads `--state` only before `--`: later words are the command of exec. */
function takeState(argv: readonly string[]): { stateDirectory: string; rest: readonly string[] } {
  const end = argv.includes("--") ? argv.indexOf("--") : argv.length;
  const at = argv.slice(0, end).findIndex((word) => word === "--state" || word.startsWith("--state="));
  if (at < 0) return { stateDirectory: DEFAULT_STATE_DIRECTORY, rest: argv };
  const given = /^--state=(.*)$/s.exec(argv[at] ?? "")?.[1];
  const stateDirectory = given ?? argv[at + 1];
  if (!stateDirectory) throw new AgentRequestError("Cannot read the command line: --state needs a directory");
  return { stateDirectory, rest: [...argv.slice(0, at), ...argv.slice(at + (given === undefined ? 2 : 1))] };
}

/** The help of the command line. */
export function renderHelp(): string {
  const commands = COMMANDS.map(({ name, usage, summary }) => `  ${name} ${usage}\n      ${summary}\n`);
  return [
    "Usage: juju-agent [--state DIR] <command> [argument]...\n",
    "\nRuns packed charms on this machine as a Juju unit agent would.\n",
    `The state directory is ${DEFAULT_STATE_DIRECTORY}; --state names another one.\n\n`,
    ...commands,
  ].join("");
}
