import { Command, CommanderError } from "commander";

/** What a person asks of the demo. */
export type DemoCommand =
  | { readonly verb: "run"; readonly keep: boolean }
  | { readonly verb: "job"; readonly script: string }
  | { readonly verb: "down" }
  /** Help or an error is printed already. */
  | { readonly verb: "told"; readonly exitCode: 0 | 2 };

/** Where help and errors go. */
export interface DemoOutput {
  readonly print: (text: string) => void;
  readonly printError: (text: string) => void;
}

/** Reads the words behind `npm run demo --`. Prints help, and what is wrong with the words. */
export function readDemoCommand(words: readonly string[], { print, printError }: DemoOutput): DemoCommand {
  let command: DemoCommand = { verb: "told", exitCode: 0 };
  const program = new Command("npm run demo --")
    .description("Runs the charm with three runners and a GitHub stand-in, and cleans up after it.")
    .helpOption("-h, --help", "print this help")
    .helpCommand("help [verb]", "print the help of a verb")
    .option("--keep", "leave the runners up", false)
    .enablePositionalOptions()
    .allowExcessArguments(false)
    .exitOverride()
    .configureOutput({ writeOut: print, writeErr: printError })
    .action(({ keep }: { readonly keep: boolean }) => {
      command = { verb: "run", keep };
    });
  program
    .command("job")
    .description("Runs a job on a kept demo.")
    .argument("<commands...>", "the job's commands")
    .helpOption("-h, --help", "print this help")
    .passThroughOptions()
    .action((commands: readonly string[], _options: object, job: Command) => {
      const script = commands.join(" ").trim();
      if (script === "") job.error('error: a job needs commands, such as job "echo hi"');
      command = { verb: "job", script };
    });
  program
    .command("down")
    .description("Takes a kept demo away.")
    .helpOption("-h, --help", "print this help")
    .action(() => {
      command = { verb: "down" };
    });
  try {
    program.parse(words, { from: "user" });
  } catch (thrown) {
    if (!(thrown instanceof CommanderError)) throw thrown;
    return { verb: "told", exitCode: thrown.exitCode === 0 ? 0 : 2 };
  }
  return command;
}
