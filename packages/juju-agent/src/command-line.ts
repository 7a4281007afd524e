import { Command } from "@commander-js/extra-typings";

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
import { addWait } from "./commands/wait.ts";
import type { AddVerbs, CommandCall } from "./commands/command.ts";
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
  addWait,
  addRemove,
  addService,
];

const EXIT_CODES = `
Exit codes:
  0  done
  1  refused or failed; exec and dispatch-event exit with the code of their command
  2  wrong use of the command line; nothing was done
  3  wait: the unit is blocked
  4  wait: the time is up
  5  wait: the unit is in error
`;

/** Options of all verbs. */
export interface GlobalOptions {
  readonly state: string;
  readonly quiet: boolean;
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
    .addHelpText("after", EXIT_CODES)
    .exitOverride()
    .configureOutput({
      writeOut: print,
      writeErr: printError,
      outputError: (text, write) => {
        write(text.replace(/^error: /, "ERROR "));
      },
    });
  const verbs = {
    product,
    add: (name: string, summary: string) =>
      program
        .command(name)
        .summary(summary)
        .description(`${summary}.`)
        .helpOption("-h, --help", "print this help")
        .configureHelp({ showGlobalOptions: true }),
    run: (work: (call: CommandCall) => Promise<number>) => run(program.opts(), work),
  };
  for (const addVerbs of VERBS) addVerbs(verbs);
  return program;
}
