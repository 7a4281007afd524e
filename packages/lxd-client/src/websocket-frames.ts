/** What a stream of websocket frames holds. */
export interface FrameHandlers {
  text(message: string): void;
  /** A binary message, or a part of one: LXD's binary messages are streams. */
  binary(chunk: Uint8Array): void;
  ping(payload: Uint8Array): void;
  /** The peer says that it ends, or breaks the protocol. */
  close(): void;
}

const OPCODE = { continuation: 0, text: 1, binary: 2, close: 8, ping: 9, pong: 10 } as const;
const FINAL = 0x80;
const MASKED = 0x80;
const MAX_PAYLOAD = 64 * 1024 * 1024;

interface Frame {
  readonly isFinal: boolean;
  readonly opcode: number;
  readonly payload: Buffer;
  /** Bytes of the frame in all. */
  readonly size: number;
}

/** Reads the frames that a server sends (RFC 6455, section 5). */
export class FrameReader {
  readonly #handlers: FrameHandlers;
  #rest: Buffer = Buffer.alloc(0);
  /** Opcode of the message that a continuation continues. */
  #opcode = 0;
  #parts: Buffer[] = [];

  constructor(handlers: FrameHandlers) {
    this.#handlers = handlers;
  }

  push(chunk: Buffer): void {
    this.#rest = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk]);
    for (;;) {
      const frame = parseFrame(this.#rest);
      if (frame === "broken") {
        this.#handlers.close();
        return;
      }
      if (frame === "incomplete") return;
      this.#rest = this.#rest.subarray(frame.size);
      this.#take(frame);
    }
  }

  #take({ isFinal, opcode, payload }: Frame): void {
    if (opcode === OPCODE.close) this.#handlers.close();
    else if (opcode === OPCODE.ping) this.#handlers.ping(payload);
    else if (opcode !== OPCODE.pong) this.#message(opcode, payload, isFinal);
  }

  #message(opcode: number, payload: Buffer, isFinal: boolean): void {
    if (opcode !== OPCODE.continuation) this.#opcode = opcode;
    if (this.#opcode === OPCODE.binary) {
      this.#handlers.binary(payload);
      return;
    }
    this.#parts.push(payload);
    if (!isFinal) return;
    const message = Buffer.concat(this.#parts).toString();
    this.#parts = [];
    this.#handlers.text(message);
  }
}

function parseFrame(bytes: Buffer): Frame | "incomplete" | "broken" {
  const [first, second] = bytes;
  if (first === undefined || second === undefined) return "incomplete";
  // Nothing was negotiated that uses the reserved bits, and a server masks nothing.
  if ((first & 0x70) !== 0 || (second & MASKED) !== 0) return "broken";
  const short = second & 0x7f;
  const head = short < 126 ? 2 : short === 126 ? 4 : 10;
  if (bytes.length < head) return "incomplete";
  const length =
    short < 126 ? short : short === 126 ? bytes.readUInt16BE(2) : Number(bytes.readBigUInt64BE(2));
  if (length > MAX_PAYLOAD) return "broken";
  const size = head + length;
  if (bytes.length < size) return "incomplete";
  const payload = bytes.subarray(head, size);
  return { isFinal: (first & FINAL) !== 0, opcode: first & 0x0f, payload, size };
}

/**
 * Renders a frame that a client sends. A client must mask what it sends, so that no proxy mistakes it for a request; on
 * a unix socket there is no proxy, and the mask is zero, which leaves the payload as it is.
 */
export function renderFrame(kind: "text" | "binary" | "pong", payload: Uint8Array): Buffer {
  const { length } = payload;
  const extended = length < 126 ? 0 : length < 65_536 ? 2 : 8;
  const frame = Buffer.alloc(2 + extended + 4 + length);
  frame[0] = FINAL | OPCODE[kind];
  frame[1] = MASKED | (extended === 0 ? length : extended === 2 ? 126 : 127);
  if (extended === 2) frame.writeUInt16BE(length, 2);
  if (extended === 8) frame.writeBigUInt64BE(BigInt(length), 2);
  frame.set(payload, 2 + extended + 4);
  return frame;
}
