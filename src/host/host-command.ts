import { ConditionError } from "charm-kit";
import type { ProcessOutcome, RunProcess } from "./run-process.ts";

/** A program of the machine with its arguments, and how long it may take. */
export interface Command {
  readonly words: readonly [string, ...string[]];
  readonly limitMs: number;
}

/** A program of the machine that had to succeed did not. */
export class HostCommandError extends ConditionError {
  readonly code = "host-command";
  readonly remedy = "retry";

  constructor(action: string, words: readonly string[], { exitCode, stdout, stderr }: ProcessOutcome) {
    const said = (stderr.trim() || stdout.trim()).split("\n").slice(-LINES_TOLD).join("; ");
    super(`Cannot ${action}: \`${renderWords(words)}\` ended with ${exitCode}: ${said.slice(-LONGEST_TOLD)}`);
  }
}

const LINES_TOLD = 3;
const LONGEST_TOLD = 1000;

/** The command as a person would type it. */
export function renderWords(words: readonly string[]): string {
  return words.map((word) => (/^[\w./:=@,+-]+$/.test(word) ? word : `'${word}'`)).join(" ");
}

/**
 * Runs a program that has to succeed.
 *
 * @param action what it is for, as it reads after "Cannot".
 * @returns what it wrote.
 * @throws {@link HostCommandError}, and `DeadlineError` when it takes too long.
 */
export async function runOrFail(
  run: RunProcess,
  action: string,
  { words, limitMs }: Command,
  signal: AbortSignal,
): Promise<string> {
  const outcome = await run(words, { action, limitMs, signal });
  if (outcome.exitCode !== 0) throw new HostCommandError(action, words, outcome);
  return outcome.stdout;
}
