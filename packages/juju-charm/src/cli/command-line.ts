import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { Command, CommanderError, Option } from "commander";
import { CodedError } from "charm-kit";
import { ARCHITECTURES, hostArchitecture, type Architecture } from "../pack/architecture.ts";
import { check } from "./check.ts";
import { generate } from "./generate.ts";
import { pack } from "./pack.ts";
import { test } from "./test.ts";
import type { Session } from "./verb.ts";

/** What the command line has of the process that it runs in. */
export interface CommandLineContext {
  /** The working directory. */
  readonly directory: string;
  readonly print: (text: string) => void;
  readonly printError: (text: string) => void;
}

/** Exit code of a command line that cannot be understood. */
const USAGE = 2;

const CHARM = new Option("--charm <directory>", "directory of the charm").default(".", "the current one");

interface CharmOption {
  readonly charm: string;
}

/**
 * Runs `juju-charm`.
 *
 * @param argv what follows the name of the program.
 * @returns the exit code: 0 when all went well, 1 when the charm has faults, 2 when the command line cannot be understood.
 */
export async function runCommandLine(argv: readonly string[], context: CommandLineContext): Promise<number> {
  let code = 0;
  const program = programFor(context, (result) => (code = result));
  try {
    await program.parseAsync(argv, { from: "user" });
  } catch (thrown) {
    if (thrown instanceof CommanderError) return thrown.exitCode === 0 ? 0 : USAGE;
    if (!(thrown instanceof CodedError)) throw thrown;
    context.printError(`${thrown.message}\n`);
    return 1;
  }
  return code;
}

function programFor(context: CommandLineContext, done: (code: number) => void): Command {
  const program = new Command("juju-charm")
    .description("Makes the types of a Juju charm in TypeScript, checks it, tests it and packs it.")
    .version(ownVersion(), "-V, --version", "print the version")
    .helpOption("-h, --help", "print this help")
    .exitOverride()
    .configureOutput({ writeOut: context.print, writeErr: context.printError });
  const session = ({ charm }: CharmOption): Session => ({
    charm: resolve(context.directory, charm),
    print: context.print,
    printError: context.printError,
  });
  const verb = (name: string, summary: string) =>
    program.command(name).summary(summary).helpOption("-h, --help", "print this help").addOption(CHARM);

  verb("generate", "make the types of what the YAML files declare")
    .description("Makes a module with the types of what the charm's YAML files declare.")
    .option("--check", "change nothing, and fail when the module is stale", false)
    .action(async (options: CharmOption & { readonly check: boolean }) => {
      done(await generate(session(options), { check: options.check }));
    });

  verb("check", "check the YAML files and compile the charm")
    .description("Checks the charm's YAML files and its types, by the TypeScript of the charm's project.")
    .action(async (options: CharmOption) => {
      done(await check(session(options)));
    });

  verb("test", "run the charm's tests")
    .description(
      "Runs the charm's tests: by the script test of its package.json, or by node --test where there is none or the " +
        "script is this command. They run on the Node.js that is packed, where this machine can run it.",
    )
    .argument("[arguments...]", "go to the program that runs the tests; options among them after --")
    .action(async (argv: readonly string[], options: CharmOption) => {
      done(await test(session(options), argv));
    });

  verb("pack", "make the types, check them, and pack the charm")
    .description("Makes the types, checks the charm, and packs it into an archive that Juju deploys.")
    .addOption(
      new Option("--arch <architecture>", "architecture of the machines")
        .choices([...ARCHITECTURES, "all"])
        .default(hostArchitecture(), "this machine's"),
    )
    .option("--output <directory>", "directory of the archives (default: dist in the charm's directory)")
    .option("--no-check", "pack without making the types and checking the charm")
    .action(async (options: PackArguments) => {
      const { arch, output, check: isChecked } = options;
      const architectures = arch === "all" ? ARCHITECTURES : [arch];
      const outputDirectory = output === undefined ? undefined : resolve(context.directory, output);
      const { directory } = context;
      done(await pack(session(options), { architectures, outputDirectory, isChecked, directory }));
    });

  return program;
}

interface PackArguments extends CharmOption {
  readonly arch: Architecture | "all";
  readonly output?: string;
  readonly check: boolean;
}

function ownVersion(): string {
  const path = new URL("../../package.json", import.meta.url);
  return (JSON.parse(readFileSync(path, "utf8")) as { readonly version: string }).version;
}
