import { spawn } from "node:child_process";
import { constants } from "node:os";
import { withResolvers } from "charm-kit";
import { CliError } from "./cli-error.ts";

/**
 * Runs a program that shares the terminal of this one, and that a key such as Ctrl-C ends together with it.
 *
 * @returns its exit code, or as a shell gives it 128 and the number of the signal that ended it.
 * @throws {@link CliError} when it cannot be started.
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
