import type { ChildProcess } from "node:child_process";
import { withDeadline } from "charm-kit";
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
  options: RunToolOptions,
  signal: AbortSignal,
): Promise<string> {
  signal.throwIfAborted();
  // Imported lazily: a dispatch without observers runs no tool.
  const { spawn } = await import("node:child_process");
  return withDeadline(`run ${tool}`, options.limitMs, signal, async (limited) => {
    const stdin = options.input === undefined ? "ignore" : "pipe";
    const child = start(tool, () => spawn(tool, args, { env: options.env, stdio: [stdin, "pipe", "pipe"] }));
    const kill = () => {
      child.kill("SIGKILL");
      // A grandchild may keep the pipes open.
      child.stdout?.destroy();
      child.stderr?.destroy();
    };
    limited.addEventListener("abort", kill, { once: true });
    try {
      // A tool may end without reading its input. Its exit code then shows the error.
      child.stdin?.on("error", () => undefined).end(options.input);
      const { exitCode, killedBy, stdout, stderr } = await finish(tool, child);
      limited.throwIfAborted();
      if (killedBy !== null)
        throw new HookToolError(tool, { stderr, detail: `it was killed by ${killedBy}` });
      if (exitCode !== 0) throw hookToolRefusal(tool, exitCode, stderr);
      return stdout;
    } finally {
      limited.removeEventListener("abort", kill);
    }
  });
}

interface Finished {
  /** 0 when a signal killed the process; see `killedBy`. */
  readonly exitCode: number;
  readonly killedBy: string | null;
  readonly stdout: string;
  readonly stderr: string;
}

function finish(tool: string, child: ChildProcess): Promise<Finished> {
  const stdout: Buffer[] = [];
  const stderr: Buffer[] = [];
  child.stdout?.on("data", (chunk: Buffer) => stdout.push(chunk));
  child.stderr?.on("data", (chunk: Buffer) => stderr.push(chunk));
  return new Promise((resolve, reject) => {
    child.once("error", (cause) => {
      reject(startError(tool, cause));
    });
    child.once("close", (exitCode, killedBy) => {
      const text = (chunks: readonly Buffer[]) => Buffer.concat(chunks).toString("utf8");
      resolve({ exitCode: exitCode ?? 0, killedBy, stdout: text(stdout), stderr: text(stderr) });
    });
  });
}

/** Spawn throws some errors, such as too long arguments; it reports others as events of the process. */
function start<P extends ChildProcess>(tool: string, spawn: () => P): P {
  try {
    return spawn();
  } catch (cause) {
    throw startError(tool, cause);
  }
}

/** Reports only the code of the error, because the error contains the arguments. */
function startError(tool: string, cause: unknown): HookToolError {
  const code = cause instanceof Error && "code" in cause ? String(cause.code) : "for an unknown reason";
  if (code === "ENOENT") return new UnknownToolError(tool);
  const detail = code === "E2BIG" ? "a value exceeds the limit of 128 KiB for a command line" : code;
  return new HookToolError(tool, { detail: `it did not start, ${detail}` });
}
