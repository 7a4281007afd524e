import { DeadlineError, orAborted, withDeadline, withResolvers } from "charm-kit";
import { decoded } from "./envelope.ts";
import { OperationError, OperationUnseenError } from "./errors.ts";
import { type ExecInput, sendInput } from "./exec-input.ts";
import { type MessageHandlers, MessageSocket } from "./message-socket.ts";
import type { OutputSink } from "./exec-output.ts";
import { path } from "./call.ts";
import type { Transport } from "./transport.ts";
import type { Metadata, Operation } from "./types.ts";

/** What a session is made of. */
export interface ExecPlan {
  readonly action: string;
  /** As the request to execute was answered; holds the secrets of the sockets. */
  readonly operation: Operation;
  readonly stdin: ExecInput | undefined;
  readonly stdout: OutputSink;
  readonly stderr: OutputSink;
}

type Descriptor = "0" | "1" | "2" | "control";

/** Seconds that a killed command gets to be seen dead. */
const KILL_SECONDS = 2;
/** Milliseconds in which LXD opens the sockets; it ends the operation after 5 seconds without one. */
const CONNECT_MS = 10_000;
/** Milliseconds after which an operation says nothing of sockets that were refused; LXD ends it after 5 seconds. */
const REFUSED_MS = 10_000;

/** The four sockets of one command in an instance, from connecting them to its exit code. */
export class ExecSession {
  readonly #transport: Transport;
  readonly #plan: ExecPlan;
  readonly #failed = withResolvers<never>();
  readonly #stdin: MessageSocket;
  readonly #outputs: readonly MessageSocket[];
  readonly #drained: Promise<unknown>;
  readonly #control: MessageSocket;

  /** Connects at once: LXD gives the sockets 5 seconds, and starts the command when all are there. */
  constructor(transport: Transport, plan: ExecPlan) {
    this.#transport = transport;
    this.#plan = plan;
    this.#failed.promise.catch(() => undefined);
    this.#control = this.#connect("control", silent());
    this.#stdin = this.#connect("0", silent());
    const stdout = this.#output("1", plan.stdout);
    const stderr = this.#output("2", plan.stderr);
    this.#outputs = [stdout.socket, stderr.socket];
    this.#drained = Promise.all([stdout.drained, stderr.drained]);
  }

  /** Resolves when the command runs. */
  async connected(): Promise<void> {
    await Promise.all([this.#control, this.#stdin, ...this.#outputs].map((socket) => socket.opened));
  }

  /** Sends a signal, by its number, to the command. */
  signal(number: number): void {
    this.#control.send(JSON.stringify({ command: "signal", signal: number })).catch((thrown: unknown) => {
      this.#failed.reject(thrown);
    });
  }

  /**
   * Feeds the command and waits for its end and for all of its output. Whatever ends the waiting early kills the
   * command.
   *
   * @returns the exit code; 128 and the signal's number for a command that a signal ended, 127 for one that is not there.
   */
  async run(signal: AbortSignal): Promise<number> {
    const { action, operation } = this.#plan;
    try {
      const ended = this.#transport.settle(action, operation.id, signal);
      ended.catch(() => undefined);
      await this.#connectInTime(signal).catch((refused: unknown) =>
        this.#explainRefusal(ended, refused, signal),
      );
      this.#feed(signal);
      const outcome = await Promise.race([ended, this.#failed.promise]);
      await orAborted(Promise.race([this.#drained, this.#failed.promise]), signal);
      if (outcome.state === "unseen") throw new OperationUnseenError(action, operation.id);
      return exitCode(outcome.value) ?? 0;
    } catch (thrown) {
      const code = thrown instanceof OperationError ? exitCode(thrown.metadata) : undefined;
      if (code !== undefined && code > 0) return this.#notStarted(thrown as OperationError, code);
      await this.#kill(thrown);
      throw thrown;
    } finally {
      this.#close();
    }
  }

  /** The handshake of a socket has the limit of a call, which is longer than LXD waits for it. */
  #connectInTime(signal: AbortSignal): Promise<void> {
    const limit = Math.min(CONNECT_MS, this.#transport.limits.callMs);
    return withDeadline(this.#plan.action, limit, signal, (inner) => orAborted(this.connected(), inner));
  }

  /**
   * A socket that is refused seldom says why; the operation does, which LXD ends by itself when sockets are missing.
   *
   * @throws what the operation says, or `refused` when it says nothing in time, or no fault: output is missing then.
   */
  async #explainRefusal(ended: Promise<unknown>, refused: unknown, signal: AbortSignal): Promise<never> {
    const limit = Math.min(REFUSED_MS, this.#transport.limits.callMs);
    try {
      await withDeadline(this.#plan.action, limit, signal, (inner) => orAborted(ended, inner));
    } catch (thrown) {
      throw thrown instanceof DeadlineError ? refused : thrown;
    }
    throw refused;
  }

  #feed(signal: AbortSignal): void {
    sendInput(this.#stdin, this.#plan.stdin, signal).catch((thrown: unknown) => {
      this.#failed.reject(thrown);
    });
  }

  /** A command that is not there, or not executable: the shell's exit codes, and LXD's text as its error output. */
  #notStarted(error: OperationError, code: number): number {
    const { stderr, stdout } = this.#plan;
    stderr.push(Buffer.from(`${error.detail}\n`));
    stderr.end();
    stdout.end();
    return code;
  }

  /** LXD kills the command when its control socket closes. Waits until it is seen dead, for a moment. */
  async #kill(thrown: unknown): Promise<void> {
    this.#close();
    const error = thrown instanceof Error ? thrown : new Error(String(thrown));
    this.#plan.stdout.fail(error);
    this.#plan.stderr.fail(error);
    const { action, operation } = this.#plan;
    const patience = AbortSignal.timeout((KILL_SECONDS + 1) * 1000);
    await this.#transport.wait(action, operation.id, KILL_SECONDS, patience).catch(() => undefined);
  }

  #close(): void {
    // Control first: closing an output first would leave the kill to a broken pipe.
    for (const socket of [this.#control, this.#stdin, ...this.#outputs]) socket.close();
  }

  #output(descriptor: Descriptor, sink: OutputSink): { socket: MessageSocket; drained: Promise<void> } {
    const { promise: drained, resolve } = withResolvers<undefined>();
    const end = () => {
      sink.end();
      resolve(undefined);
    };
    const socket = this.#connect(descriptor, {
      // The end of the output is an empty text message; an instance that stops closes the socket without one.
      text: end,
      ended: (fault) => {
        // Output that is cut short must not look whole.
        if (fault) this.#failed.reject(fault);
        else end();
      },
      binary: (chunk) => {
        try {
          sink.push(chunk);
        } catch (thrown) {
          this.#failed.reject(thrown);
          return;
        }
        if (!sink.isFull) return;
        socket.pause();
        sink.room().then(
          () => {
            socket.resume();
          },
          (thrown: unknown) => {
            this.#failed.reject(thrown);
          },
        );
      },
    });
    return { socket, drained };
  }

  #connect(descriptor: Descriptor, handlers: MessageHandlers): MessageSocket {
    const { action, operation } = this.#plan;
    const secret = decoded(action, (fds) => secretOf(fds, descriptor), operation.metadata["fds"]);
    const target = path`/1.0/operations/${operation.id}/websocket?secret=${secret}`;
    return new MessageSocket(this.#transport, { action, path: target, answersPings: false }, handlers);
  }
}

function secretOf(fds: unknown, descriptor: Descriptor): string {
  const secret = (fds as Readonly<Record<Descriptor, unknown>>)[descriptor];
  if (typeof secret !== "string") throw new TypeError(`There is no secret of descriptor ${descriptor}`);
  return secret;
}

function silent(): MessageHandlers {
  return { text: () => undefined, binary: () => undefined, ended: () => undefined };
}

function exitCode(metadata: Metadata): number | undefined {
  const code = metadata["return"];
  return typeof code === "number" ? code : undefined;
}
