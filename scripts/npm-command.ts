import { Command } from "commander";

/**
 * The words of a command of `npm run`, for {@link Command.parse}. `--help` prints the help and ends the process with 0;
 * wrong use prints what is wrong and ends it with 2, before anything is done.
 *
 * @param name in `package.json`.
 */
export function npmCommand(name: string, description: string): Command {
  return new Command(`npm run ${name} --`)
    .description(description)
    .helpOption("-h, --help", "print this help")
    .exitOverride(({ exitCode }) => process.exit(exitCode === 0 ? 0 : 2));
}
