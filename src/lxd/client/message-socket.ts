import { WebSocket } from "undici";
import { LxdUnreachableError } from "./errors.ts";
import type { Transport } from "./transport.ts";

/** Takes what arrives on a socket. */
export interface MessageHandlers {
  text(message: string): void;
  binary(chunk: Uint8Array): void;
  /** The connection has ended, by either side; called once, also when it never opened. */
  ended(): void;
}

/** One of the daemon's websockets. Messages are handed over in order, from the first one on. */
export class MessageSocket {
  /** Resolves when the socket is open; rejects when it cannot be opened. */
  readonly opened: Promise<void>;
  readonly #socket: WebSocket;
  #hasOpened = false;

  constructor(transport: Transport, target: { action: string; path: string }, handlers: MessageHandlers) {
    const { action, path } = target;
    this.#socket = new WebSocket(`ws://lxd${path}`, { dispatcher: transport.waits });
    this.#socket.binaryType = "arraybuffer";
    // Attached before it opens: LXD may send with the very answer that opens it.
    this.#socket.onmessage = ({ data }: { readonly data: unknown }) => {
      if (typeof data === "string") handlers.text(data);
      else handlers.binary(new Uint8Array(data as ArrayBuffer));
    };
    const forget = transport.track(this);
    this.opened = new Promise((resolve, reject) => {
      this.#socket.onopen = () => {
        this.#hasOpened = true;
        resolve();
      };
      this.#socket.onclose = () => {
        forget();
        // An error costs a stack trace: not for each of the many sockets that open and close as they should.
        if (!this.#hasOpened) reject(new LxdUnreachableError(action, "lost", transport.socketPath));
        handlers.ended();
      };
    });
    // Who waits for it sees the rejection; nobody has to.
    this.opened.catch(() => undefined);
  }

  /** Bytes that are not on their way yet. */
  get buffered(): number {
    return this.#socket.bufferedAmount;
  }

  get isOpen(): boolean {
    return this.#socket.readyState === WebSocket.OPEN;
  }

  /** Sends a text or a binary frame; dropped when the socket is not open. */
  send(data: string | Uint8Array): void {
    if (this.isOpen) this.#socket.send(data);
  }

  close(): void {
    this.#socket.close();
  }
}
