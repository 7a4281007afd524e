import { withDeadline } from "./deadline.ts";
import { ConditionError, messageOf, systemErrorCode } from "./errors.ts";

/** Options of {@link runProcess}. */
export interface ProcessOptions {
  /** Names the work in error messages, after "Cannot". */
  readonly action: string;
  /** Milliseconds until the program is killed. */
  readonly limitMs: number;
  /** Kills the program when aborted. */
  readonly signal: AbortSignal;
  /** @default the environment of this process */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** Absolute path of the working directory. @default the directory of this process */
  readonly cwd?: string;
  /** Standard input. @default empty */
  readonly input?: string | Uint8Array;
  /** Limit for standard output and for standard error, in bytes; the rest is dropped. @default 4 MiB */
  readonly maxOutputBytes?: number;
  /**
   * Runs the program in a session and a process group of its own, and kills all of the group, for a program that starts
   * others. They have no terminal, and nothing reaches them that is sent to the group of this process, such as Ctrl+C in a
   * terminal or the kill of a hook: abort the signal then. @default false: the program alone is killed
   */
  readonly hasOwnGroup?: boolean;
}

/** The end of a program, and its output. */
export interface ProcessOutcome {
  /** {@link NOT_STARTED} when the program did not start, -1 when a signal ended it. */
  readonly exitCode: number;
  readonly stdout: string;
  /** The reason when the program did not start. */
  readonly stderr: string;
  /** The signal that ended the program. */
  readonly killedBy?: NodeJS.Signals;
  /** The system's error when the program did not start, such as `ENOENT` when it is not installed. */
  readonly startError?: string;
  /** Whether output was dropped. */
  readonly isTruncated?: boolean;
}

/** The type of {@link runProcess}. */
export type RunProcess = (command: readonly string[], options: ProcessOptions) => Promise<ProcessOutcome>;

/** The exit code of a program that did not start, as in a shell. */
export const NOT_STARTED = 127;

const MOST_OUTPUT_BYTES = 4 * 2 ** 20;

/**
 * Runs a program on this machine, without a shell, and waits for its end. Neither an exit code other than 0 nor a
 * program that is not installed is an error.
 *
 * @param command name or path of the program, and its arguments.
 * @throws DeadlineError after the time limit, and the signal's reason after an abort. The program is killed first; those
 *   that it has started go on, unless it has a group of its own.
 */
export const runProcess: RunProcess = async ([program = "", ...args], options) => {
  // Imported lazily: many processes run no program.
  const { spawn } = await import("node:child_process");
  const { action, limitMs, signal, env, cwd, input, maxOutputBytes = MOST_OUTPUT_BYTES } = options;
  const { hasOwnGroup = false } = options;
  return withDeadline(action, limitMs, signal, (limited) => {
    limited.throwIfAborted();
    return new Promise((resolve, reject) => {
      const stdin = input === undefined ? "ignore" : "pipe";
      const stdio = [stdin, "pipe", "pipe"] as const;
      const child = startOrTell(() =>
        spawn(program, args, { env, cwd, stdio: [...stdio], detached: hasOwnGroup }),
      );
      if ("startError" in child) {
        resolve(child);
        return;
      }
      const stdout = gather(child.stdout, maxOutputBytes);
      const stderr = gather(child.stderr, maxOutputBytes);
      const kill = () => {
        if (hasOwnGroup) killGroup(child.pid);
        else child.kill("SIGKILL");
        // A grandchild may keep the pipes open.
        for (const stream of [child.stdin, child.stdout, child.stderr]) stream?.destroy();
        reject(limited.reason as Error);
      };
      limited.addEventListener("abort", kill, { once: true });
      const end = (outcome: ProcessOutcome) => {
        limited.removeEventListener("abort", kill);
        resolve(outcome);
      };
      // A program may end without reading its input. Its exit code then shows the error.
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

/** @param leader is undefined for a program that did not start. */
function killGroup(leader: number | undefined): void {
  if (leader === undefined) return;
  try {
    process.kill(-leader, "SIGKILL");
  } catch (thrown) {
    // All of it has ended in this moment.
    if (systemErrorCode(thrown) !== "ESRCH") throw thrown;
  }
}

/** Spawn throws some errors, such as too long arguments; it reports others as events of the process. */
function startOrTell<T>(start: () => T): T | (ProcessOutcome & { readonly startError: string }) {
  try {
    return start();
  } catch (thrown) {
    return notStarted(thrown);
  }
}

/** Takes only code and message of the error, because it also contains the arguments, which may be secret. */
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

/** A program on the machine failed. */
export class ProcessError extends ConditionError {
  readonly code = "process";
  readonly remedy = "retry";
  readonly exitCode: number;
  /** The signal that ended the program. */
  readonly killedBy: NodeJS.Signals | undefined;

  /** @param action names the work in the message, after "Cannot". */
  constructor(action: string, command: readonly string[], outcome: ProcessOutcome) {
    super(`Cannot ${action}: \`${renderCommand(command)}\` ${endOf(outcome)}${saidBy(outcome)}`);
    this.exitCode = outcome.exitCode;
    this.killedBy = outcome.killedBy;
  }
}

/**
 * Runs a program that must succeed.
 *
 * @returns its standard output.
 * @throws {@link ProcessError} when the exit code is not 0, and the errors of {@link runProcess}.
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

/** Renders a command for messages: quoted, shortened, and without the passwords of URLs. */
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

/** The end of the output, which usually names the cause. */
function saidBy({ stdout, stderr }: ProcessOutcome): string {
  const lines = (stderr.trim() || stdout.trim()).split("\n").slice(-LINES_SAID);
  const said = lines.join("; ").slice(-LONGEST_SAID);
  return said === "" ? "" : `: ${said}`;
}
