import { withDeadline, withResolvers } from "charm-kit";
import { type Call, json, path } from "./call.ts";
import { bodyStream, readText } from "./body.ts";
import { BoundedQueue } from "./bounded-queue.ts";
import { decoded, toOperation } from "./envelope.ts";
import { LxdError, OperationError, OperationUnseenError } from "./errors.ts";
import type { ExecInput } from "./exec-input.ts";
import { ExecSession } from "./exec-session.ts";
import { preloadWebSocket } from "./message-socket.ts";
import { OutputCollector, type OutputSink, type Overflow } from "./exec-output.ts";
import type { Transport } from "./transport.ts";
import type { Metadata, Operation } from "./types.ts";
import { untilStarted } from "./until-started.ts";

/** A command for an instance that runs. */
export interface ExecRequest {
  /** Program and arguments; no shell is involved. Seen in the guest's process list: no place for secrets. */
  readonly command: readonly [string, ...string[]];
  readonly environment?: Readonly<Record<string, string>>;
  /** @default 0 */
  readonly user?: number;
  /** @default 0 */
  readonly group?: number;
  /** Where it runs; LXD takes a directory that is not there for `/`. @default "/root" */
  readonly cwd?: string;
  /** Milliseconds after which it is killed. @default the client's limit of an operation */
  readonly limitMs?: number | undefined;
  /** Most bytes of either output that are kept, or wait to be read. @default 4 MiB */
  readonly maxOutputBytes?: number;
}

/** A command with an input. */
export interface ExecStreamRequest extends ExecRequest {
  /** @default nothing: the command reads the end of file */
  readonly stdin?: ExecInput;
}

/** A command whose output is kept. */
export interface ExecRunRequest extends ExecStreamRequest {
  /** @default "fail" */
  readonly overflow?: Overflow;
}

/** How a command ended. */
export interface ExecResult {
  /** 128 and the signal's number for a command that a signal ended; 127 for one that is not there. */
  readonly exitCode: number;
  /** UTF-8. */
  readonly stdout: string;
  readonly stderr: string;
}

/** A command that runs. */
export interface RunningCommand {
  /** Output as it comes, for one reader. */
  readonly stdout: AsyncIterable<Uint8Array>;
  readonly stderr: AsyncIterable<Uint8Array>;
  /** The exit code, when the command has ended and its output has been received. */
  readonly exitCode: Promise<number>;
  /** Sends a signal, by its number, to the command. */
  signal(number: number): void;
}

const MAX_OUTPUT_BYTES = 4 * 1024 * 1024;

/**
 * Commands in instances: `/1.0/instances/<name>/exec`. LXD sends the output over websockets ({@link Exec.run},
 * {@link Exec.start}) or keeps it in files ({@link Exec.record}).
 *
 * Over websockets a command ends when its output has ended: a child in the background that keeps the output open
 * delays it. Redirect such a child's output, or use {@link Exec.record}.
 */
export class Exec {
  readonly #transport: Transport;

  constructor(transport: Transport) {
    this.#transport = transport;
  }

  /**
   * Runs a command to its end and returns all of its output. Aborting kills the command, but not what it has started:
   * a script that may be aborted starts its last command with `exec`, or ends its children itself. A command that LXD has not
   * started, since a busy machine opened its connections too late, is run again, unless its input is a stream.
   *
   * @throws `LxdError` when the instance does not run, `OutputLimitError` when the output is too large, `DeadlineError`
   *   when the command takes too long; it is killed in the latter two cases.
   */
  async run(instance: string, request: ExecRunRequest, signal: AbortSignal): Promise<ExecResult> {
    return withDeadline(actionOf(instance, request), this.#limit(request), signal, (inner) => {
      const run = () => this.#runOnce(instance, request, inner);
      return isStream(request.stdin) ? run() : untilStarted(run);
    });
  }

  async #runOnce(instance: string, request: ExecRunRequest, signal: AbortSignal): Promise<ExecResult> {
    const action = actionOf(instance, request);
    const limit = request.maxOutputBytes ?? MAX_OUTPUT_BYTES;
    const overflow = request.overflow ?? "fail";
    const stdout = new OutputCollector(action, limit, overflow);
    const stderr = new OutputCollector(action, limit, overflow);
    const session = await this.#session(instance, request, { stdout, stderr }, signal);
    const exitCode = await session.run(signal);
    return { exitCode, stdout: stdout.text(), stderr: stderr.text() };
  }

  /**
   * Starts a command and resolves when LXD has its connections; {@link untilStarted} is for one that LXD does not start
   * then. Aborting kills it, also later; then the exit code rejects and the outputs throw. As with pipes, the command waits
   * for a reader that is behind by more than `maxOutputBytes`: read both outputs to their end, or leave their iteration,
   * which drops the rest.
   */
  async start(instance: string, request: ExecStreamRequest, signal: AbortSignal): Promise<RunningCommand> {
    const action = actionOf(instance, request);
    const limit = request.maxOutputBytes ?? MAX_OUTPUT_BYTES;
    const stdout = chunkQueue(limit);
    const stderr = chunkQueue(limit);
    const started = withResolvers<ExecSession>();
    const exitCode = withDeadline(action, this.#limit(request), signal, async (inner) => {
      const session = await this.#session(instance, request, { stdout, stderr }, inner);
      const exit = session.run(inner);
      session.connected().then(() => {
        started.resolve(session);
      }, started.reject);
      return exit;
    });
    exitCode.catch(started.reject);
    const session = await started.promise;
    return {
      stdout,
      stderr,
      exitCode,
      signal: (number) => {
        session.signal(number);
      },
    };
  }

  /**
   * Runs a command to its end and fetches its output from the files that LXD keeps it in, which are deleted. No input;
   * aborting leaves the command running.
   */
  record(instance: string, request: ExecRequest, signal: AbortSignal): Promise<ExecResult> {
    const action = actionOf(instance, request);
    return withDeadline(action, this.#limit(request), signal, async (inner) => {
      const operation = await this.#post(instance, request, { "record-output": true }, inner);
      const metadata = await this.#settleRecord(action, operation, inner);
      const { return: exitCode, output } = metadata as {
        return: number;
        output?: Readonly<Record<string, string>>;
      };
      const limit = request.maxOutputBytes ?? MAX_OUTPUT_BYTES;
      const taken = [output?.["1"], output?.["2"]].map((url) => this.#takeOutput(action, url, limit, inner));
      // Both are deleted before either's failure is told.
      await Promise.allSettled(taken);
      const [stdout, stderr] = await Promise.all(taken);
      return { exitCode, stdout: stdout ?? "", stderr: stderr ?? "" };
    });
  }

  async #settleRecord(action: string, operation: Operation, signal: AbortSignal): Promise<Metadata> {
    try {
      const outcome = await this.#transport.settle(action, operation.id, signal);
      if (outcome.state === "unseen") throw new OperationUnseenError(action, operation.id);
      return outcome.value;
    } catch (thrown) {
      // A command that is not there fails the operation, with the shell's exit code.
      if (thrown instanceof OperationError && Number(thrown.metadata["return"]) > 0) return thrown.metadata;
      throw thrown;
    }
  }

  /** Reads an output file and deletes it, whatever happens: LXD never does while the instance lives. */
  async #takeOutput(
    action: string,
    url: string | undefined,
    limitBytes: number,
    signal: AbortSignal,
  ): Promise<string> {
    if (url === undefined) return "";
    try {
      const reply = await this.#transport.query({ action, method: "GET", path: url }, signal);
      return await readText(action, bodyStream(action, this.#transport, reply.body), limitBytes);
    } finally {
      await this.#deleteOutput(action, url);
    }
  }

  /** Has its own patience: also a call that is aborted deletes what it has made. */
  async #deleteOutput(action: string, url: string): Promise<void> {
    const patience = AbortSignal.timeout(this.#transport.limits.callMs);
    try {
      await this.#transport.ask({ action, method: "DELETE", path: url }, patience);
    } catch (thrown) {
      if (!(thrown instanceof LxdError && thrown.notFound)) throw thrown;
    }
  }

  async #session(
    instance: string,
    request: ExecStreamRequest,
    sinks: { readonly stdout: OutputSink; readonly stderr: OutputSink },
    signal: AbortSignal,
  ): Promise<ExecSession> {
    const posted = this.#post(instance, request, { "wait-for-websocket": true }, signal);
    const [operation] = await Promise.all([posted, preloadWebSocket()]);
    const action = actionOf(instance, request);
    return new ExecSession(this.#transport, { action, operation, stdin: request.stdin, ...sinks });
  }

  async #post(
    instance: string,
    request: ExecRequest,
    mode: { "record-output"?: boolean; "wait-for-websocket"?: boolean },
    signal: AbortSignal,
  ): Promise<Operation> {
    const { command, environment = {}, user = 0, group = 0, cwd } = request;
    const body = { command, environment, user, group, cwd, interactive: false, ...mode };
    const call: Call = {
      action: actionOf(instance, request),
      method: "POST",
      path: path`/1.0/instances/${instance}/exec`,
      payload: json(body),
    };
    const { envelope } = await this.#transport.ask(call, signal);
    return decoded(call.action, toOperation, envelope.metadata);
  }

  #limit(request: ExecRequest): number {
    return request.limitMs ?? this.#transport.limits.operationMs;
  }
}

function isStream(input: ExecInput | undefined): boolean {
  return typeof input === "object" && Symbol.asyncIterator in input;
}

function actionOf(instance: string, request: ExecRequest): string {
  return `run '${request.command[0]}' in instance '${instance}'`;
}

function chunkQueue(limit: number): BoundedQueue<Uint8Array> {
  return new BoundedQueue({ limit, weigh: (chunk) => chunk.byteLength });
}
