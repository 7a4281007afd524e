import { spawn } from "node:child_process";
import { constants } from "node:os";
import { withResolvers } from "charm-kit";
import { CliError } from "./cli-error.ts";

/**
 * Runs a program in the same terminal, so that Ctrl-C also ends it.
 *
 * @returns its exit code or, like a shell, 128 plus the number of the signal that ended it.
 * @throws {@link CliError} when it does not start.
 */
export function runProgram(
  file: string,
  argv: readonly string[],
  options: { readonly cwd: string },
): Promise<number> {
  const { promise, resolve, reject } = withResolvers<number>();
  const child = spawn(file, argv, { cwd: options.cwd, stdio: "inherit" });
  child.once("error", (cause) => {
    reject(new CliError(`Cannot run ${file}: ${cause.message}`, { cause }));
  });
  child.once("exit", (code, signal) => {
    resolve(code ?? 128 + (signal === null ? 0 : constants.signals[signal]));
  });
  return promise;
}
