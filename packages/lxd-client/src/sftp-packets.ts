/** The parts of SFTP version 3 (draft-ietf-secsh-filexfer-02) that reading needs. */

/** Types of packets. */
export const PACKET = {
  init: 1,
  version: 2,
  open: 3,
  close: 4,
  read: 5,
  lstat: 7,
  openDirectory: 11,
  readDirectory: 12,
  status: 101,
  handle: 102,
  data: 103,
  name: 104,
  attributes: 105,
} as const;

/** Codes of a status. */
export const STATUS = { ok: 0, end: 1, noSuchFile: 2 } as const;

const HAS_SIZE = 0x1;
const HAS_OWNER = 0x2;
const HAS_MODE = 0x4;
const HAS_TIMES = 0x8;
const HAS_EXTENSIONS = 0x80000000;

/** Attributes of a file; undefined where the server does not tell them. */
export interface SftpAttributes {
  readonly sizeBytes: number | undefined;
  /** With the type of the file, as stat(2) has it. */
  readonly mode: number | undefined;
}

/** A packet without its length. */
export function packet(type: number, ...fields: readonly Buffer[]): Buffer {
  const body = Buffer.concat([Buffer.from([type]), ...fields]);
  return Buffer.concat([uint32(body.length), body]);
}

export function uint32(value: number): Buffer {
  const field = Buffer.alloc(4);
  field.writeUInt32BE(value);
  return field;
}

export function uint64(value: number): Buffer {
  const field = Buffer.alloc(8);
  field.writeBigUInt64BE(BigInt(value));
  return field;
}

export function text(value: string | Buffer): Buffer {
  const bytes = Buffer.from(value);
  return Buffer.concat([uint32(bytes.length), bytes]);
}

/** Reads the fields of a packet in order. @throws RangeError when a field reaches beyond its end */
export class PacketReader {
  readonly #bytes: Buffer;
  #at = 0;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  byte(): number {
    const value = this.#bytes.readUInt8(this.#at);
    this.#at += 1;
    return value;
  }

  uint32(): number {
    const value = this.#bytes.readUInt32BE(this.#at);
    this.#at += 4;
    return value;
  }

  bytes(): Buffer {
    const length = this.uint32();
    const end = this.#at + length;
    if (end > this.#bytes.length) throw new RangeError("A field reaches beyond its packet");
    const value = this.#bytes.subarray(this.#at, end);
    this.#at = end;
    return value;
  }

  attributes(): SftpAttributes {
    const flags = this.uint32();
    const has = (flag: number) => (flags & flag) !== 0;
    const sizeBytes = has(HAS_SIZE) ? this.#uint64() : undefined;
    if (has(HAS_OWNER)) this.#at += 8;
    const mode = has(HAS_MODE) ? this.uint32() : undefined;
    if (has(HAS_TIMES)) this.#at += 8;
    if (has(HAS_EXTENSIONS)) {
      for (let left = this.uint32(); left > 0; left--) {
        this.bytes();
        this.bytes();
      }
    }
    return { sizeBytes, mode };
  }

  #uint64(): number {
    const value = this.#bytes.readBigUInt64BE(this.#at);
    this.#at += 8;
    return Number(value);
  }
}
