import { spawn, type ChildProcess } from "node:child_process";
import type { Readable } from "node:stream";
import { createInterface } from "node:readline";

import type { Clock } from "charm-kit";

/** The process to start in a context. */
export interface ProcessPlan {
  readonly file: string;
  readonly argv: readonly string[];
  readonly directory: string;
  readonly environment: Readonly<Record<string, string>>;
  /** Text for the standard input. @default no standard input */
  readonly input?: string;
  readonly onLine: (stream: OutputName, line: string) => void;
}

/** An output stream of a process. */
export type OutputName = "stdout" | "stderr";

/** How a process ended, and its output. */
export interface ProcessOutcome {
  /** Set when the process exited. */
  readonly exitCode: number | undefined;
  /** Set when a signal ended the process. */
  readonly signal: NodeJS.Signals | undefined;
  /** The reason when the process could not be started. */
  readonly startError: Error | undefined;
  readonly stdout: Buffer;
  readonly stderr: Buffer;
}

/** How long to read output that child processes hold open after the process has ended, as Juju does. */
const DRAIN_MS = 100;

/** A charm's process and its process group. */
export class CharmProcess {
  readonly #child: ChildProcess;
  readonly outcome: Promise<ProcessOutcome>;

  constructor(plan: ProcessPlan, clock: Clock) {
    this.#child = spawn(plan.file, plan.argv, {
      cwd: plan.directory,
      env: plan.environment,
      stdio: [plan.input === undefined ? "ignore" : "pipe", "pipe", "pipe"],
      detached: true,
    });
    this.outcome = collectOutcome(this.#child, plan, clock);
    // A shell may end before it has read its whole script.
    this.#child.stdin?.on("error", () => undefined);
    this.#child.stdin?.end(plan.input);
  }

  /** Sends SIGKILL to the process group. */
  kill(): void {
    const { pid } = this.#child;
    if (pid === undefined || this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    try {
      process.kill(-pid, "SIGKILL");
    } catch (thrown) {
      if ((thrown as NodeJS.ErrnoException).code !== "ESRCH") throw thrown;
    }
  }
}

async function collectOutcome(child: ChildProcess, plan: ProcessPlan, clock: Clock): Promise<ProcessOutcome> {
  const stdout = follow(child.stdout, "stdout", plan);
  const stderr = follow(child.stderr, "stderr", plan);
  const ending = await endOf(child);
  const drained = new AbortController();
  const limit = clock.wait(DRAIN_MS, drained.signal).catch(() => undefined);
  await Promise.race([Promise.all([stdout.ended, stderr.ended]), limit]);
  drained.abort();
  child.stdout?.destroy();
  child.stderr?.destroy();
  return { ...ending, stdout: Buffer.concat(stdout.chunks), stderr: Buffer.concat(stderr.chunks) };
}

function endOf(child: ChildProcess): Promise<Pick<ProcessOutcome, "exitCode" | "signal" | "startError">> {
  return new Promise((resolve) => {
    child.once("error", (startError) => {
      resolve({ exitCode: undefined, signal: undefined, startError });
    });
    child.once("exit", (exitCode, signal) => {
      resolve({ exitCode: exitCode ?? undefined, signal: signal ?? undefined, startError: undefined });
    });
  });
}

interface Followed {
  readonly chunks: Buffer[];
  readonly ended: Promise<void>;
}

function follow(stream: Readable | null, name: OutputName, plan: ProcessPlan): Followed {
  const chunks: Buffer[] = [];
  if (stream === null) return { chunks, ended: Promise.resolve() };
  stream.on("data", (chunk: Buffer) => chunks.push(chunk));
  const lines = createInterface({ input: stream, crlfDelay: Infinity });
  lines.on("line", (line) => {
    plan.onLine(name, line);
  });
  const ended = new Promise<void>((resolve) => lines.once("close", resolve));
  return { chunks, ended };
}
