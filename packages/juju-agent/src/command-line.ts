import { AgentRequestError } from "./agent-errors.ts";
import { configVerb } from "./verbs/config.ts";
import { deployVerb } from "./verbs/deploy.ts";
import { dispatchEventVerb, execVerb } from "./verbs/exec.ts";
import { fireHookVerb, resolveVerb, updateStatusVerb } from "./verbs/hooks.ts";
import { modelConfigVerb } from "./verbs/model-config.ts";
import { refreshVerb } from "./verbs/refresh.ts";
import { removeVerb } from "./verbs/remove.ts";
import { runVerb } from "./verbs/run.ts";
import { SECRET_VERBS } from "./verbs/secrets.ts";
import { debugLogVerb, statusVerb } from "./verbs/status.ts";
import type { Verb } from "./verbs/verb.ts";

/** State directory without `--state`. */
const DEFAULT_STATE_DIRECTORY = "/var/lib/github-runner-agent";

const VERBS: readonly Verb[] = [
  deployVerb,
  configVerb,
  modelConfigVerb,
  ...SECRET_VERBS,
  runVerb,
  execVerb,
  dispatchEventVerb,
  updateStatusVerb,
  fireHookVerb,
  refreshVerb,
  statusVerb,
  debugLogVerb,
  resolveVerb,
  removeVerb,
];

/** A parsed command line; without a verb it asks for the help. */
export interface CommandLine {
  readonly stateDirectory: string;
  readonly verb: Verb | undefined;
  readonly argv: readonly string[];
}

/**
 * Parses `[--state DIR] <verb> [argument]...`; `--state` may also follow the verb.
 *
 * @throws AgentRequestError for an unknown verb
 */
export function readCommandLine(argv: readonly string[]): CommandLine {
  const { stateDirectory, rest } = takeState(argv);
  const [name, ...following] = rest;
  if (name === undefined || name === "help" || name === "--help" || name === "-h") {
    return { stateDirectory, verb: undefined, argv: following };
  }
  const verb = VERBS.find((candidate) => candidate.name === name);
  if (verb) return { stateDirectory, verb, argv: following };
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
  const verbs = VERBS.map(({ name, usage, summary }) => `  ${name} ${usage}\n      ${summary}\n`);
  return [
    "Usage: agent [--state DIR] <verb> [argument]...\n",
    "\nRuns packed charms on this machine as a Juju unit agent would.\n",
    `The state directory is ${DEFAULT_STATE_DIRECTORY}; --state names another one.\n\n`,
    ...verbs,
  ].join("");
}
