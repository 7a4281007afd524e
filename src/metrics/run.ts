import { MetricsProgramError } from "./errors.ts";

/** The action of a program, as it reads after "Cannot", and its time limit. */
export interface RunOptions {
  readonly action: string;
  readonly limitMs: number;
  readonly signal: AbortSignal;
}

/** Runs a program of the machine. */
export type Run = (
  command: readonly string[],
  options: RunOptions,
) => Promise<{ readonly exitCode: number; readonly stderr: string }>;

/** @throws {@link MetricsProgramError} when the exit code is not 0. */
export async function runWell(run: Run, command: readonly string[], options: RunOptions): Promise<void> {
  const { exitCode, stderr } = await run(command, options);
  if (exitCode === 0) return;
  throw new MetricsProgramError(
    options.action,
    `${command[0] ?? ""} ended with ${exitCode}, ${stderr.trim()}`,
  );
}
