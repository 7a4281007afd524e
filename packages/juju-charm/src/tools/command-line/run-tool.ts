import type { ChildProcess } from "node:child_process";
import { withDeadline } from "charm-kit";
import type { Environment } from "../../dispatch/environment.ts";
import { HookToolError } from "../hook-tool-error.ts";
import { hookToolRefusal, UnknownToolError } from "../hook-tool-refusals.ts";

/** How a hook tool is run. */
export interface RunToolOptions {
  /** The environment of the dispatch: tools are found on its `PATH` and know their context by `JUJU_*`. */
  readonly env: Environment;
  /** Longest time a tool may take, in milliseconds. */
  readonly limitMs: number;
  /** What the tool reads on standard input; without it, standard input is empty. */
  readonly input?: string | undefined;
}

/** How a hook tool is run: as {@link runTool} does, or by Juju in memory. */
export type RunTool = typeof runTool;

/**
 * Runs a hook tool without a shell and waits for its end.
 *
 * @returns what it wrote to standard output.
 * @throws {@link HookToolError} when it is not there or ends with a code other than 0.
 * @throws DeadlineError when it takes too long; it is killed then, as it is when the signal is aborted.
 */
export async function runTool(
  tool: string,
  args: readonly string[],
  options: RunToolOptions,
  signal: AbortSignal,
): Promise<string> {
  signal.throwIfAborted();
  // Loaded late: a dispatch that nobody observes runs no tool.
  const { spawn } = await import("node:child_process");
  return withDeadline(`run ${tool}`, options.limitMs, signal, async (limited) => {
    const stdin = options.input === undefined ? "ignore" : "pipe";
    const child = start(tool, () => spawn(tool, args, { env: options.env, stdio: [stdin, "pipe", "pipe"] }));
    const kill = () => {
      child.kill("SIGKILL");
      // A grandchild may hold the other ends open.
      child.stdout?.destroy();
      child.stderr?.destroy();
    };
    limited.addEventListener("abort", kill, { once: true });
    try {
      // A tool may end without reading its input; its exit code tells why.
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
  /** 0 when it was killed, which `killedBy` tells. */
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

/** Faults such as arguments that are too long are thrown at once, the others are events of the process. */
function start<P extends ChildProcess>(tool: string, spawn: () => P): P {
  try {
    return spawn();
  } catch (cause) {
    throw startError(tool, cause);
  }
}

/** Only the error's code is told: the error itself holds the arguments. */
function startError(tool: string, cause: unknown): HookToolError {
  const code = cause instanceof Error && "code" in cause ? String(cause.code) : "for a reason unknown";
  if (code === "ENOENT") return new UnknownToolError(tool);
  const detail = code === "E2BIG" ? "a value is longer than the 128 KiB of a command line" : code;
  return new HookToolError(tool, { detail: `it did not start, ${detail}` });
}
