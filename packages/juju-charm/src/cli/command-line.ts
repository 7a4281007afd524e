import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { Command, CommanderError, Option } from "commander";
import { CodedError } from "charm-kit";
import { ARCHITECTURES, hostArchitecture, type Architecture } from "../pack/architecture.ts";
import { check } from "./check.ts";
import { generate } from "./generate.ts";
import { pack } from "./pack.ts";
import { test } from "./test.ts";
import type { Session } from "./session.ts";

/** The command line's access to its process. */
export interface CommandLineContext {
  /** The working directory. */
  readonly directory: string;
  readonly print: (text: string) => void;
  readonly printError: (text: string) => void;
}

/** Exit code for a usage error. */
const USAGE = 2;

const CHARM = new Option("--charm <directory>", "directory of the charm").default(
  ".",
  "the current directory",
);

interface CharmOption {
  readonly charm: string;
}

/**
 * Runs `juju-charm`.
 *
 * @param argv arguments after the program name.
 * @returns the exit code: 0 on success, 1 for problems in the charm, 2 for a usage error.
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
    .description("Generates types for a Juju charm in TypeScript, and checks, tests and packs it.")
    .version(ownVersion(), "-V, --version", "print the version")
    .helpOption("-h, --help", "print this help")
    .exitOverride()
    .configureOutput({ writeOut: context.print, writeErr: context.printError });
  const session = ({ charm }: CharmOption): Session => ({
    charm: resolve(context.directory, charm),
    print: context.print,
    printError: context.printError,
  });
  const command = (name: string, summary: string) =>
    program.command(name).summary(summary).helpOption("-h, --help", "print this help").addOption(CHARM);

  command("generate", "generate types from the YAML files")
    .description("Generates a module with types from the charm's YAML files.")
    .option("--check", "write nothing, and fail when the module is out of date", false)
    .action(async (options: CharmOption & { readonly check: boolean }) => {
      done(await generate(session(options), { check: options.check }));
    });

  command("check", "check the YAML files and the types")
    .description("Checks the charm's YAML files, and its types with the TypeScript of the charm's project.")
    .action(async (options: CharmOption) => {
      done(await check(session(options)));
    });

  command("test", "run the charm's tests")
    .description(
      "Runs the charm's tests with the script test of its package.json. Without this script, or when the script is this " +
        "command, runs node --test, with the packed Node.js when this machine can run it.",
    )
    .argument("[arguments...]", "arguments for the test program; write options after --")
    .action(async (argv: readonly string[], options: CharmOption) => {
      done(await test(session(options), argv));
    });

  command("pack", "generate types, check the charm, and pack it")
    .description("Generates types, checks the charm, and packs it into an archive for Juju.")
    .addOption(
      new Option("--arch <architecture>", "architecture of the target machines")
        .choices([...ARCHITECTURES, "all"])
        .default(hostArchitecture(), "this machine's"),
    )
    .option("--output <directory>", "directory for the archives (default: dist in the charm directory)")
    .option("--no-check", "pack without generating types and checking the charm")
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
