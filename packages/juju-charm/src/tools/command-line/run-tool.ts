import { runProcess } from "charm-kit";
import type { Environment } from "../../dispatch/environment.ts";
import { HookToolError } from "../hook-tool-error.ts";
import { hookToolRefusal, UnknownToolError } from "../hook-tool-refusals.ts";

/** Options of {@link RunTool}. */
export interface RunToolOptions {
  /** The environment of the dispatch: its `PATH` contains the tools, and its `JUJU_*` variables are their context. */
  readonly env: Environment;
  /** Time limit for the tool, in milliseconds. */
  readonly limitMs: number;
  /** Standard input of the tool; empty by default. */
  readonly input?: string | undefined;
}

/** Runs a hook tool, as a process ({@link runTool}) or on a simulated Juju. */
export type RunTool = typeof runTool;

/**
 * Runs a hook tool without a shell and waits for its end. Kills it at the time limit and when the signal is aborted.
 *
 * @returns its standard output.
 * @throws {@link HookToolError} when the tool is missing or exits with a code other than 0.
 * @throws DeadlineError at the time limit.
 */
export async function runTool(
  tool: string,
  args: readonly string[],
  { env, limitMs, input }: RunToolOptions,
  signal: AbortSignal,
): Promise<string> {
  const outcome = await runProcess([tool, ...args], {
    action: `run ${tool}`,
    limitMs,
    signal,
    env,
    maxOutputBytes: MOST_OUTPUT_BYTES,
    ...(input !== undefined && { input }),
  });
  const { exitCode, killedBy, startError, isTruncated, stdout, stderr } = outcome;
  if (startError !== undefined) throw notStarted(tool, startError);
  if (killedBy !== undefined)
    throw new HookToolError(tool, { stderr, detail: `it was killed by ${killedBy}` });
  if (exitCode !== 0) throw hookToolRefusal(tool, exitCode, stderr);
  if (isTruncated) throw new HookToolError(tool, { detail: "it printed more than 64 MiB" });
  return stdout;
}

/** Limit for the output of a tool, far above the size of any real output. */
const MOST_OUTPUT_BYTES = 64 * 2 ** 20;

/** Reports only the code of the error: its text may contain the arguments. */
function notStarted(tool: string, code: string): HookToolError {
  if (code === "ENOENT") return new UnknownToolError(tool);
  const detail = code === "E2BIG" ? "a value exceeds the limit of 128 KiB for a command line" : code;
  return new HookToolError(tool, { detail: `it did not start, ${detail}` });
}
