import { Command, Option } from "@commander-js/extra-typings";

import { addConfig } from "./commands/config.ts";
import { addDeploy } from "./commands/deploy.ts";
import { addExec } from "./commands/exec.ts";
import { addHooks } from "./commands/hooks.ts";
import { addModelConfig } from "./commands/model-config.ts";
import { addRefresh } from "./commands/refresh.ts";
import { addRemove } from "./commands/remove.ts";
import { addRun } from "./commands/run.ts";
import { addSecrets } from "./commands/secrets.ts";
import { addService } from "./commands/service.ts";
import { addStatus } from "./commands/status.ts";
import { addTop } from "./commands/top.ts";
import { addWait } from "./commands/wait.ts";
import { addCompletion } from "./commands/completion.ts";
import type { AddVerbs, CommandCall } from "./commands/command.ts";
import { describeProgram, type ProgramDescription } from "./describe-program.ts";
import { renderExitCodes } from "./exit-codes.ts";
import { defaultStateDirectory, type Product } from "./product.ts";

const VERBS: readonly AddVerbs[] = [
  addDeploy,
  addConfig,
  addModelConfig,
  addSecrets,
  addRun,
  addExec,
  addHooks,
  addRefresh,
  addStatus,
  addTop,
  addWait,
  addRemove,
  addService,
];

/** Options of all verbs. */
export interface GlobalOptions {
  readonly state: string;
  readonly quiet: boolean;
  /** Whether the verb's answer is JSON. */
  readonly isJson: boolean;
}

/** Services of the program. */
export interface ProgramDependencies {
  readonly product: Product;
  readonly print: (text: string) => void;
  readonly printError: (text: string) => void;
  /** Does a verb's work with an agent. */
  readonly run: (options: GlobalOptions, work: (call: CommandCall) => Promise<number>) => Promise<void>;
}

/** The command line. */
export interface Program {
  /** Throws CommanderError after help, version or a usage error. */
  parseAsync(argv: readonly string[], options: { readonly from: "user" }): Promise<unknown>;
  /** What there is, as the help tells it. */
  describe(): ProgramDescription;
}

/** Builds the command line. */
export function createProgram({ product, print, printError, run }: ProgramDependencies): Program {
  const program = new Command(product.name)
    .description("Runs packed charms on this machine as a Juju unit agent would.")
    .version(product.version, "-V, --version", "print the version")
    .helpOption("-h, --help", "print this help")
    .helpCommand("help [verb]", "print the help of a verb")
    .option(
      "--state <directory>",
      "state directory; another one is another agent",
      defaultStateDirectory(product.name),
    )
    .option("--quiet", "print no progress, only answers and what is wrong", false)
    .addHelpText("after", renderExitCodes())
    .exitOverride()
    .configureOutput({
      writeOut: print,
      writeErr: printError,
      outputError: (text, write) => {
        write(text.replace(/^error: /, "ERROR "));
      },
    });
  let isJson = false;
  program.hook("preAction", (_program, verb) => {
    const { json, format } = verb.opts() as { readonly json?: boolean; readonly format?: string };
    isJson = json === true || format === "json";
  });
  const verbs = {
    product,
    add: (name: string, summary: string) =>
      program
        .command(name)
        .summary(summary)
        .description(`${summary}.`)
        .helpOption("-h, --help", "print this help")
        .addOption(new Option("--json", "print the answer as JSON").default(false))
        .configureHelp({ showGlobalOptions: true }),
    run: (work: (call: CommandCall) => Promise<number>) => run({ ...program.opts(), isJson }, work),
  };
  for (const addVerbs of VERBS) addVerbs(verbs);
  const describe = () => describeProgram(program);
  addCompletion(verbs, describe);
  return { parseAsync: (...words) => program.parseAsync(...words), describe };
}
