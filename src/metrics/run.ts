import { MetricsProgramError } from "./errors.ts";

/** What a program is run for, as it reads after "Cannot", and for how long. */
export interface RunOptions {
  readonly action: string;
  readonly limitMs: number;
  readonly signal: AbortSignal;
}

/** Runs a program of the machine and tells how it ended. */
export type Run = (
  command: readonly string[],
  options: RunOptions,
) => Promise<{ readonly exitCode: number; readonly stderr: string }>;

/** @throws {@link MetricsProgramError} when the program ends with another code than 0. */
export async function runWell(run: Run, command: readonly string[], options: RunOptions): Promise<void> {
  const { exitCode, stderr } = await run(command, options);
  if (exitCode === 0) return;
  throw new MetricsProgramError(
    options.action,
    `${command[0] ?? ""} ended with ${exitCode}, ${stderr.trim()}`,
  );
}
