import { createHash } from "node:crypto";
import { once } from "node:events";
import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";

const ACCEPT_SUFFIX = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

export const OPCODE = { continuation: 0, text: 1, binary: 2, close: 8, ping: 9, pong: 10 } as const;

/** A frame as a server sends it (RFC 6455, section 5.2): without a mask. */
export function serverFrame(opcode: number, payload: Uint8Array, isFinal = true): Buffer {
  const { byteLength } = payload;
  const head = Buffer.alloc(byteLength < 126 ? 2 : byteLength < 65_536 ? 4 : 10);
  head[0] = (isFinal ? 0x80 : 0) | opcode;
  head[1] = byteLength < 126 ? byteLength : byteLength < 65_536 ? 126 : 127;
  if (head.length === 4) head.writeUInt16BE(byteLength, 2);
  if (head.length === 10) head.writeBigUInt64BE(BigInt(byteLength), 2);
  return Buffer.concat([head, payload]);
}

/** The server's end of a WebSocket, byte by byte: it can do what no proper server does. */
export class RawPeer {
  readonly socket: Duplex;
  /** Everything the client has sent after the handshake. */
  received: Buffer = Buffer.alloc(0);

  /** Answers the handshake; from then on the connection is the test's. */
  constructor(request: IncomingMessage, socket: Duplex) {
    this.socket = socket;
    const key = request.headers["sec-websocket-key"] ?? "";
    const accept = createHash("sha1").update(`${key}${ACCEPT_SUFFIX}`).digest("base64");
    socket.on("error", () => undefined);
    // The server's sockets stay open for writing otherwise, when the client has closed its end.
    socket.on("end", () => socket.destroy());
    socket.on("data", (chunk: Buffer) => {
      this.received = Buffer.concat([this.received, chunk]);
    });
    socket.write(
      "HTTP/1.1 101 Switching Protocols\r\nupgrade: websocket\r\nconnection: upgrade\r\n" +
        `sec-websocket-accept: ${accept}\r\n\r\n`,
    );
  }

  /** Sends a frame; resolves when the kernel has taken it, which a client that does not read puts off. */
  async send(opcode: number, payload: Uint8Array | string = "", isFinal = true): Promise<void> {
    await this.write(serverFrame(opcode, Buffer.from(payload), isFinal));
  }

  /** Sends bytes as they are. */
  async write(bytes: Uint8Array): Promise<void> {
    await new Promise<void>((resolve) =>
      this.socket.write(bytes, () => {
        resolve();
      }),
    );
  }

  /** Resolves when the client has closed the connection. */
  async closed(): Promise<void> {
    if (!this.socket.closed) await once(this.socket, "close");
  }
}
