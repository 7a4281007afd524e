import { connect } from "node:net";
import { withDeadline, withResolvers } from "charm-kit";
import type { ClientOptions, RawData, WebSocket } from "ws";
import { explainFailure, LxdUnreachableError, OutputLimitError } from "./errors.ts";
import { refusal } from "./body.ts";
import type { Transport } from "./transport.ts";

/** Receives what arrives on a socket. */
export interface MessageHandlers {
  text(message: string): void;
  binary(message: Uint8Array): void;
  /**
   * The connection has ended, by either side; called once, also when it never opened.
   *
   * @param fault why an open connection broke: {@link OutputLimitError} for a message larger than the limit,
   *   {@link LxdUnreachableError} when LXD broke the protocol; undefined for a connection that was closed.
   */
  ended(fault?: Error): void;
}

/** What a socket is for. */
export interface SocketTarget {
  /** What is being done, as it reads after "Cannot". */
  readonly action: string;
  /** Path and query, percent-encoded. */
  readonly path: string;
  /**
   * Whether pings are answered, as LXD wants it of event sockets. On exec sockets it does not, and an answer does harm:
   * LXD pings as soon as such a socket opens, and an answer that meets the end of a short command breaks the
   * connection together with the output that is not read yet.
   */
  readonly answersPings: boolean;
}

/** Milliseconds that LXD may keep a connection open after it has sent a close frame. */
const CLOSE_MS = 1000;

/** Errors of `ws` for a message that is larger than `maxPayload`, or comes in too many fragments. */
const TOO_LARGE: ReadonlySet<unknown> = new Set([
  "WS_ERR_UNSUPPORTED_MESSAGE_LENGTH",
  "WS_ERR_TOO_MANY_BUFFERED_PARTS",
]);

/**
 * Loads `ws`, which the first WebSocket of a process needs: about 11 ms, which a caller can spend while LXD prepares what
 * the socket is for.
 */
export async function preloadWebSocket(): Promise<void> {
  // Its types stay inside: the declarations of the package must not need @types/ws.
  await import("ws");
}

/**
 * One of LXD's WebSockets. Messages are given in order, from the first one on, each at most
 * `messageBytes` of the limits long. `ws` is loaded when the first one opens.
 */
export class MessageSocket {
  /**
   * Resolves when the socket is open. Rejects with an `LxdError` when LXD refuses it, a `DeadlineError` when LXD does not
   * answer within `callMs`, or an {@link LxdUnreachableError}.
   */
  readonly opened: Promise<void>;
  readonly #transport: Transport;
  readonly #target: SocketTarget;
  readonly #handlers: MessageHandlers;
  readonly #closing = new AbortController();
  #socket: WebSocket | undefined;

  constructor(transport: Transport, target: SocketTarget, handlers: MessageHandlers) {
    this.#transport = transport;
    this.#target = target;
    this.#handlers = handlers;
    this.opened = this.#open();
    // Whoever waits for it sees the rejection; nobody has to.
    this.opened.catch(() => undefined);
  }

  /** Whether messages can be sent. */
  get isOpen(): boolean {
    return this.#socket !== undefined && this.#socket.readyState === this.#socket.OPEN;
  }

  /**
   * Sends a text or a binary message; dropped when the socket is not open.
   *
   * @returns resolves when the kernel has accepted the message, or the connection has ended.
   */
  async send(message: string | Uint8Array): Promise<void> {
    const socket = this.#socket;
    if (!socket || !this.isOpen) return;
    await new Promise<void>((resolve) => {
      socket.send(message, () => {
        resolve();
      });
    });
  }

  /** Stops reading, so that LXD has to wait; messages that have been read already still arrive. */
  pause(): void {
    this.#socket?.pause();
  }

  /** Reads on after {@link MessageSocket.pause}. */
  resume(): void {
    this.#socket?.resume();
  }

  /** Ends the connection at once, without a closing handshake. */
  close(): void {
    this.#closing.abort();
    this.#socket?.terminate();
  }

  async #open(): Promise<void> {
    const { action } = this.#target;
    const { limits } = this.#transport;
    const forget = this.#transport.track(this);
    const end = (fault?: Error) => {
      forget();
      this.#handlers.ended(fault);
    };
    try {
      const { WebSocket: Socket } = await import("ws");
      const { signal } = this.#closing;
      await withDeadline(action, limits.callMs, signal, (inner) => this.#connect(Socket, inner, end));
    } catch (thrown) {
      if (!this.#socket) end();
      throw explainFailure(action, this.#transport, thrown);
    }
  }

  async #connect(Socket: typeof WebSocket, signal: AbortSignal, end: (fault?: Error) => void): Promise<void> {
    signal.throwIfAborted();
    const { promise: opened, resolve, reject } = withResolvers<undefined>();
    const socket = new Socket(`ws://lxd${this.#target.path}`, this.#options());
    this.#socket = socket;
    let wasOpen = false;
    let fault: Error | undefined;
    const fail = (thrown: unknown) => {
      const error = this.#explain(thrown);
      if (wasOpen) fault = error;
      reject(error);
      socket.terminate();
    };
    const onAbort = () => {
      socket.terminate();
    };
    signal.addEventListener("abort", onAbort, { once: true });
    socket.once("open", () => {
      wasOpen = true;
      resolve(undefined);
    });
    socket.on("message", (data, isBinary) => {
      this.#take(data, isBinary);
    });
    socket.once("unexpected-response", (_request, response) => {
      refusal(this.#target.action, response.statusCode ?? 0, response).then(fail, fail);
    });
    socket.on("error", fail);
    socket.once("close", () => {
      end(fault);
    });
    await opened;
  }

  #take(data: RawData, isBinary: boolean): void {
    if (this.#closing.signal.aborted) return;
    const message = data as Buffer; // for `binaryType` is "nodebuffer"
    if (isBinary) this.#handlers.binary(message);
    else this.#handlers.text(message.toString());
  }

  #options(): ClientOptions {
    const { limits, socketPath } = this.#transport;
    const options = {
      createConnection: () => connect(socketPath),
      autoPong: this.#target.answersPings,
      maxPayload: limits.messageBytes,
      perMessageDeflate: false,
      closeTimeout: CLOSE_MS,
      // A mask protects proxies in between from a client that is made to send what looks like a request (RFC 6455,
      // section 10.3). On a unix socket there is none, and a mask of zero saves copying what is sent.
      generateMask: (mask: Buffer) => {
        mask.fill(0);
      },
    };
    return options;
  }

  #explain(thrown: unknown): Error {
    const { action } = this.#target;
    const { limits, socketPath } = this.#transport;
    const { code } = thrown as NodeJS.ErrnoException;
    if (TOO_LARGE.has(code)) return new OutputLimitError(action, limits.messageBytes);
    return code?.startsWith("WS_ERR")
      ? new LxdUnreachableError(action, "lost", socketPath, { cause: thrown })
      : explainFailure(action, this.#transport, thrown);
  }
}
