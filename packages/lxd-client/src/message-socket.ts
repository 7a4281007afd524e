import { once } from "node:events";
import type { Duplex } from "node:stream";
import type { Transport } from "./transport.ts";
import { explainFailure } from "./unreachable.ts";
import { FrameReader, renderFrame } from "./websocket-frames.ts";

/** Takes what arrives on a socket. */
export interface MessageHandlers {
  text(message: string): void;
  binary(chunk: Uint8Array): void;
  /** The connection has ended, by either side; called once, also when it never opened. */
  ended(): void;
}

/** What a socket is for. */
export interface SocketTarget {
  readonly action: string;
  readonly path: string;
  /**
   * Whether pings are answered, as LXD wants it of event sockets. On exec sockets it does not, and an answer does harm:
   * LXD pings as soon as such a socket opens, and an answer that meets the end of a short command breaks the
   * connection together with the output that is not read yet.
   */
  readonly answersPings: boolean;
}

/** RFC 6455 wants a key of 16 bytes, against caches in between, of which a unix socket has none. */
const KEY = Buffer.alloc(16, "lxd").toString("base64");

/** One of the daemon's websockets. Messages are handed over in order, from the first one on. */
export class MessageSocket {
  /** Resolves when the socket is open; rejects when it cannot be opened. */
  readonly opened: Promise<void>;
  readonly #handlers: MessageHandlers;
  readonly #closing = new AbortController();
  #socket: Duplex | undefined;

  constructor(transport: Transport, target: SocketTarget, handlers: MessageHandlers) {
    this.#handlers = handlers;
    this.opened = this.#open(transport, target);
    // Who waits for it sees the rejection; nobody has to.
    this.opened.catch(() => undefined);
  }

  get isOpen(): boolean {
    return this.#socket?.writable ?? false;
  }

  /** Sends a text or a binary frame; dropped when the socket is not open. */
  send(data: string | Uint8Array): void {
    if (!this.isOpen) return;
    const frame =
      typeof data === "string" ? renderFrame("text", Buffer.from(data)) : renderFrame("binary", data);
    this.#socket?.write(frame);
  }

  /** Resolves when the socket takes more, or has ended. */
  async drained(signal: AbortSignal): Promise<void> {
    const socket = this.#socket;
    if (!socket?.writableNeedDrain || socket.destroyed) return;
    const settled = new AbortController();
    const both = { signal: AbortSignal.any([signal, settled.signal]) };
    try {
      await Promise.race([once(socket, "drain", both), once(socket, "close", both)]);
    } catch {
      // A socket that breaks has ended: what was sent tells nothing, the operation does.
      signal.throwIfAborted();
    } finally {
      settled.abort();
    }
  }

  close(): void {
    this.#closing.abort();
    this.#socket?.destroy();
  }

  async #open(transport: Transport, target: SocketTarget): Promise<void> {
    const forget = transport.track(this);
    const ended = () => {
      forget();
      this.#handlers.ended();
    };
    try {
      const headers = { "sec-websocket-version": "13", "sec-websocket-key": KEY };
      const { signal } = this.#closing;
      const upgraded = await transport.waits.upgrade({
        path: target.path,
        protocol: "websocket",
        headers,
        signal,
      });
      this.#attach(upgraded.socket, target.answersPings, ended);
    } catch (thrown) {
      ended();
      throw explainFailure(target.action, transport.socketPath, thrown);
    }
  }

  #attach(socket: Duplex, answersPings: boolean, ended: () => void): void {
    this.#socket = socket;
    const reader = new FrameReader({
      text: (message) => {
        this.#handlers.text(message);
      },
      binary: (chunk) => {
        this.#handlers.binary(chunk);
      },
      ping: (payload) => {
        if (answersPings && this.isOpen) socket.write(renderFrame("pong", payload));
      },
      close: () => {
        socket.destroy();
      },
    });
    socket.on("data", (chunk: Buffer) => {
      reader.push(chunk);
    });
    // The end that follows is what counts.
    socket.on("error", () => undefined);
    socket.once("close", ended);
    if (this.#closing.signal.aborted) socket.destroy();
  }
}
