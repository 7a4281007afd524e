import { readFileSync } from "node:fs";
import { relative, resolve } from "node:path";
import { CodedError } from "charm-kit";
import { Command, CommanderError } from "commander";
import { createCharm } from "./create-charm.ts";

/** The process around the command line. */
export interface CommandLineContext {
  /** The working directory. */
  readonly directory: string;
  readonly print: (text: string) => void;
  readonly printError: (text: string) => void;
}

/** Exit code for wrong usage. */
const USAGE = 2;

/**
 * Runs `create-juju-charm`, which is what `npm create juju-charm` starts.
 *
 * @param argv the arguments.
 * @returns the exit code: 0 for success, 1 for a failure, 2 for wrong usage.
 */
export async function runCommandLine(argv: readonly string[], context: CommandLineContext): Promise<number> {
  const { directory, print, printError } = context;
  const program = new Command("create-juju-charm")
    .description("Creates a project for a Juju charm in TypeScript.")
    .usage("<directory>")
    .argument("<directory>", "new directory, named like the charm")
    .version(ownVersion(), "-V, --version", "print the version")
    .helpOption("-h, --help", "print this help")
    .exitOverride()
    .configureOutput({ writeOut: print, writeErr: printError })
    .action(async (path: string) => {
      const project = resolve(directory, path);
      const name = await createCharm(project);
      print(nextSteps(name, relative(directory, project)));
    });
  try {
    await program.parseAsync(argv, { from: "user" });
  } catch (thrown) {
    if (thrown instanceof CommanderError) return thrown.exitCode === 0 ? 0 : USAGE;
    if (!(thrown instanceof CodedError)) throw thrown;
    printError(`${thrown.message}\n`);
    return 1;
  }
  return 0;
}

function nextSteps(name: string, path: string): string {
  const steps = [...(path === "" ? [] : [`cd ${path}`]), "npm install", "npm run pack"];
  return `Created the charm ${name}. Next:\n\n${steps.map((step) => `  ${step}\n`).join("")}\n`;
}

function ownVersion(): string {
  const path = new URL("../package.json", import.meta.url);
  return (JSON.parse(readFileSync(path, "utf8")) as { readonly version: string }).version;
}
