import { withDeadline } from "./deadline.ts";
import { ConditionError, messageOf, systemErrorCode } from "./errors.ts";

/** How a program is run. */
export interface ProcessOptions {
  /** What it is run for, as it reads after "Cannot". */
  readonly action: string;
  /** Milliseconds until the program is killed. */
  readonly limitMs: number;
  /** Kills it when aborted. */
  readonly signal: AbortSignal;
  /** @default the environment of this process */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** Absolute path of its working directory. @default that of this process */
  readonly cwd?: string;
  /** What it reads on standard input. @default nothing */
  readonly input?: string | Uint8Array;
  /** Bytes of standard output, and of standard error, that are kept: the first ones. @default 4 MiB */
  readonly maxOutputBytes?: number;
}

/** How a program ended and what it wrote. */
export interface ProcessOutcome {
  /** {@link NOT_STARTED} when it did not start, -1 when a signal ended it. */
  readonly exitCode: number;
  readonly stdout: string;
  /** When it did not start, the reason. */
  readonly stderr: string;
  /** The signal that ended it. */
  readonly killedBy?: NodeJS.Signals;
  /** The system's error when it did not start, such as `ENOENT` when it is not installed. */
  readonly startError?: string;
  /** Whether it wrote more than was kept. */
  readonly isTruncated?: boolean;
}

/** {@link runProcess}, or what a test puts in its place. */
export type RunProcess = (command: readonly string[], options: ProcessOptions) => Promise<ProcessOutcome>;

/** The exit code of a program that did not start, as a shell gives it. */
export const NOT_STARTED = 127;

const MOST_OUTPUT_BYTES = 4 * 2 ** 20;

/**
 * Runs a program of this machine without a shell and waits for its end. An exit code other than 0 and a program that
 * is not installed are outcomes, not errors.
 *
 * @param command name or path of the program, and its arguments.
 * @throws DeadlineError when it takes too long, and the signal's reason when it is aborted; the program is killed then.
 */
export const runProcess: RunProcess = async ([program = "", ...args], options) => {
  // Loaded late: many processes run no program.
  const { spawn } = await import("node:child_process");
  const { action, limitMs, signal, env, cwd, input, maxOutputBytes = MOST_OUTPUT_BYTES } = options;
  return withDeadline(action, limitMs, signal, (limited) => {
    limited.throwIfAborted();
    return new Promise((resolve, reject) => {
      const stdin = input === undefined ? "ignore" : "pipe";
      const child = startOrTell(() => spawn(program, args, { env, cwd, stdio: [stdin, "pipe", "pipe"] }));
      if ("startError" in child) {
        resolve(child);
        return;
      }
      const stdout = gather(child.stdout, maxOutputBytes);
      const stderr = gather(child.stderr, maxOutputBytes);
      const kill = () => {
        child.kill("SIGKILL");
        // A grandchild may keep the pipes open.
        for (const stream of [child.stdin, child.stdout, child.stderr]) stream?.destroy();
        reject(limited.reason as Error);
      };
      limited.addEventListener("abort", kill, { once: true });
      const end = (outcome: ProcessOutcome) => {
        limited.removeEventListener("abort", kill);
        resolve(outcome);
      };
      // A program may end without reading its input; its exit code tells why.
      child.stdin?.on("error", () => undefined).end(input);
      child.once("error", (cause) => {
        end(notStarted(cause));
      });
      child.once("close", (exitCode, killedBy) => {
        end({
          exitCode: exitCode ?? -1,
          stdout: stdout.text(),
          stderr: stderr.text(),
          ...(killedBy && { killedBy }),
          ...((stdout.isTruncated() || stderr.isTruncated()) && { isTruncated: true }),
        });
      });
    });
  });
};

/** Some faults, such as arguments that are too long, are thrown at once; others are events of the process. */
function startOrTell<T>(start: () => T): T | (ProcessOutcome & { readonly startError: string }) {
  try {
    return start();
  } catch (thrown) {
    return notStarted(thrown);
  }
}

/** Of the error only code and message: it also holds the arguments, which may be secret. */
function notStarted(cause: unknown): ProcessOutcome & { readonly startError: string } {
  const startError = systemErrorCode(cause) ?? "unknown";
  return { exitCode: NOT_STARTED, stdout: "", stderr: messageOf(cause), startError };
}

function gather(stream: NodeJS.ReadableStream | null, maxBytes: number) {
  const chunks: Buffer[] = [];
  let length = 0;
  stream?.on("data", (chunk: Buffer) => {
    if (length < maxBytes) chunks.push(chunk);
    length += chunk.length;
  });
  return {
    text: () => Buffer.concat(chunks).subarray(0, maxBytes).toString("utf8"),
    isTruncated: () => length > maxBytes,
  };
}

/** A program of the machine failed. */
export class ProcessError extends ConditionError {
  readonly code = "process";
  readonly remedy = "retry";
  readonly exitCode: number;
  /** The signal that ended it. */
  readonly killedBy: NodeJS.Signals | undefined;

  /** @param action what it was run for, as it reads after "Cannot". */
  constructor(action: string, command: readonly string[], outcome: ProcessOutcome) {
    super(`Cannot ${action}: \`${renderCommand(command)}\` ${endOf(outcome)}${saidBy(outcome)}`);
    this.exitCode = outcome.exitCode;
    this.killedBy = outcome.killedBy;
  }
}

/**
 * Runs a program that must succeed.
 *
 * @returns what it wrote to standard output.
 * @throws {@link ProcessError} when it ends with an exit code other than 0, and what {@link RunProcess} throws.
 */
export async function runOrFail(
  run: RunProcess,
  command: readonly string[],
  options: ProcessOptions,
): Promise<string> {
  const outcome = await run(command, options);
  if (outcome.exitCode !== 0) throw new ProcessError(options.action, command, outcome);
  return outcome.stdout;
}

const LONGEST_COMMAND = 300;
const LINES_SAID = 3;
const LONGEST_SAID = 1000;

/** A command as a person would type it, shortened, and without passwords of URLs. */
export function renderCommand(command: readonly string[]): string {
  const text = command
    .map((word) => word.replaceAll(/(\/\/)[^/@\s]*@/g, "$1[redacted]@"))
    .map((word) => (/^[\w./:=@,+[\]-]+$/.test(word) ? word : `'${word}'`))
    .join(" ");
  return text.length > LONGEST_COMMAND ? `${text.slice(0, LONGEST_COMMAND)}...` : text;
}

function endOf({ exitCode, killedBy }: ProcessOutcome): string {
  return killedBy === undefined ? `ended with ${exitCode}` : `was killed by ${killedBy}`;
}

/** The end of what it said: there is the cause. */
function saidBy({ stdout, stderr }: ProcessOutcome): string {
  const lines = (stderr.trim() || stdout.trim()).split("\n").slice(-LINES_SAID);
  const said = lines.join("; ").slice(-LONGEST_SAID);
  return said === "" ? "" : `: ${said}`;
}
