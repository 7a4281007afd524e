import { withDeadline } from "charm-kit";

/** How a program ended and what it said. */
export interface ProcessOutcome {
  /** 127 when the program is not there, -1 when a signal ended it. */
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a program of the machine without a shell. The first word is its name or path; standard input is empty. */
export type RunProcess = (command: readonly string[], options: RunProcessOptions) => Promise<ProcessOutcome>;

export interface RunProcessOptions {
  /** What the program is run for, as it reads after "Cannot". */
  readonly action: string;
  /** Milliseconds after which it is killed. */
  readonly limitMs: number;
  readonly signal: AbortSignal;
}

/** Much more than any program that the charm runs has to say; what is beyond is passed over. */
const MOST_OUTPUT_BYTES = 4 * 2 ** 20;
const NOT_FOUND = 127;

/**
 * Runs a program of this machine. That it ends with a code other than 0, or is not there, is an outcome and not an
 * error.
 *
 * @throws DeadlineError when it takes too long; it is killed then, as it is when the signal is aborted.
 */
export const runProcess: RunProcess = async ([program = "", ...args], { action, limitMs, signal }) => {
  const { spawn } = await import("node:child_process");
  return withDeadline(action, limitMs, signal, (limited) => {
    limited.throwIfAborted();
    return new Promise((resolve, reject) => {
      const child = spawn(program, args, { stdio: ["ignore", "pipe", "pipe"] });
      const [stdout, stderr] = [child.stdout, child.stderr].map(gather);
      const kill = () => {
        child.kill("SIGKILL");
        // A grandchild may hold the other ends open.
        child.stdout.destroy();
        child.stderr.destroy();
        reject(limited.reason as Error);
      };
      limited.addEventListener("abort", kill, { once: true });
      const end = (exitCode: number, said: string) => {
        limited.removeEventListener("abort", kill);
        resolve({ exitCode, stdout: stdout?.() ?? "", stderr: said });
      };
      child.once("error", (cause) => {
        end(NOT_FOUND, cause.message);
      });
      child.once("close", (exitCode) => {
        end(exitCode ?? -1, stderr?.() ?? "");
      });
    });
  });
};

function gather(stream: NodeJS.ReadableStream): () => string {
  const chunks: Buffer[] = [];
  let length = 0;
  stream.on("data", (chunk: Buffer) => {
    if (length < MOST_OUTPUT_BYTES) chunks.push(chunk);
    length += chunk.length;
  });
  return () => Buffer.concat(chunks).subarray(0, MOST_OUTPUT_BYTES).toString("utf8");
}
