import { request } from "node:http";
import type { Duplex } from "node:stream";
import { orAborted, withDeadline, withResolvers } from "charm-kit";
import { refusal } from "./body.ts";
import { path } from "./call.ts";
import { explainFailure, LxdAnswerError, LxdError } from "./errors.ts";
import {
  PACKET,
  packet,
  PacketReader,
  STATUS,
  text,
  uint32,
  uint64,
  type SftpAttributes,
} from "./sftp-packets.ts";
import type { Transport } from "./transport.ts";

/** What an entry of a directory is; `other` are pipes, sockets and devices. */
export type ListedType = "file" | "directory" | "symlink" | "other";

/** An entry of a directory in an instance. */
export interface ListedEntry {
  /** Untrusted: any name that a file can have, in UTF-8. */
  readonly name: string;
  readonly type: ListedType;
  /** As the file system tells it; a file with holes takes less. */
  readonly sizeBytes: number;
}

const VERSION = 3;
/** Larger than any answer: LXD's server sends at most 32 KiB of a file, and 128 names. */
const LARGEST_PACKET = 1024 * 1024;
const READ_BYTES = 32 * 1024;
const READ_ONLY = 1;
const NO_ATTRIBUTES = uint32(0);
const TYPE_MASK = 0o170000;
const TYPES: ReadonlyMap<number, ListedType> = new Map([
  [0o100000, "file"],
  [0o040000, "directory"],
  [0o120000, "symlink"],
]);

/**
 * Reads files of an instance over SFTP, `/1.0/instances/<name>/sftp`: of a stopped container as well. Unlike `Files`, it tells
 * pipes and devices from files before anything is opened, and reads the end of a file without its beginning. Links are
 * followed inside the instance only.
 *
 * One call at a time. In an instance that runs, a file can become a pipe between the listing and the reading, which LXD waits
 * for: read those of a stopped instance only, if its processes are not trusted.
 */
export class FileSession {
  readonly #transport: Transport;
  readonly #instance: string;
  readonly #stream: Duplex;
  readonly #chunks: AsyncIterator<Buffer>;
  readonly #forget: () => void;
  #received = Buffer.alloc(0);
  #lastId = 0;

  private constructor(transport: Transport, instance: string, stream: Duplex) {
    this.#transport = transport;
    this.#instance = instance;
    this.#stream = stream;
    this.#forget = transport.track(this);
    this.#chunks = stream[Symbol.asyncIterator]() as AsyncIterator<Buffer>;
    // A lost connection shows at the call that waits for it.
    stream.on("error", () => undefined);
  }

  /** @internal */
  static open(transport: Transport, instance: string, signal: AbortSignal): Promise<FileSession> {
    const action = `read files of instance '${instance}'`;
    return withDeadline(action, transport.limits.callMs, signal, async (limited) => {
      const stream = await upgrade(
        transport,
        { action, path: path`/1.0/instances/${instance}/sftp` },
        limited,
      );
      const session = new FileSession(transport, instance, stream);
      try {
        await session.#greet(limited);
        return session;
      } catch (thrown) {
        session.close();
        throw thrown;
      }
    });
  }

  /**
   * The entries of a directory, in no order.
   *
   * @param most largest number of entries; further ones are not read.
   * @throws {@link LxdError} with `notFound` when it is not there.
   */
  async list(directory: string, most: number, signal: AbortSignal): Promise<readonly ListedEntry[]> {
    return this.#limited(`list '${directory}'`, signal, async (action, limited) => {
      const handle = await this.#handle(action, [PACKET.openDirectory, text(directory)], limited);
      const entries: ListedEntry[] = [];
      while (entries.length < most) {
        const answer = await this.#ask(PACKET.readDirectory, [text(handle)], limited);
        if (answer.type === PACKET.status && statusOf(answer.fields).code === STATUS.end) break;
        const fields = this.#expect(action, answer, PACKET.name);
        for (let left = fields.uint32(); left > 0; left--) {
          const name = fields.bytes().toString();
          fields.bytes();
          const attributes = fields.attributes();
          if (name !== "." && name !== "..") entries.push({ name, ...described(attributes) });
        }
      }
      await this.#ask(PACKET.close, [text(handle)], limited);
      return entries.slice(0, most);
    });
  }

  /**
   * The end of a file, after a look at its type: nothing but a file is opened.
   *
   * @param limitBytes most bytes.
   * @throws {@link LxdError} with `notFound` when there is no file.
   */
  async readEnd(file: string, limitBytes: number, signal: AbortSignal): Promise<Buffer> {
    return this.#limited(`read '${file}'`, signal, async (action, limited) => {
      const answer = await this.#ask(PACKET.lstat, [text(file)], limited);
      const { type, sizeBytes } = described(this.#expect(action, answer, PACKET.attributes).attributes());
      if (type !== "file")
        throw new LxdError(action, 404, `it is ${type === "other" ? "no file" : `a ${type}`}`);
      const handle = await this.#handle(
        action,
        [PACKET.open, text(file), uint32(READ_ONLY), NO_ATTRIBUTES],
        limited,
      );
      const chunks: Buffer[] = [];
      let at = Math.max(0, sizeBytes - limitBytes);
      for (let left = limitBytes; left > 0;) {
        const part = await this.#ask(
          PACKET.read,
          [text(handle), uint64(at), uint32(Math.min(left, READ_BYTES))],
          limited,
        );
        if (part.type === PACKET.status && statusOf(part.fields).code === STATUS.end) break;
        const bytes = this.#expect(action, part, PACKET.data).bytes();
        if (bytes.length === 0 || bytes.length > left)
          throw new LxdAnswerError(action, "is no part of a file");
        chunks.push(Buffer.from(bytes));
        at += bytes.length;
        left -= bytes.length;
      }
      await this.#ask(PACKET.close, [text(handle)], limited);
      return Buffer.concat(chunks);
    });
  }

  /** Ends the session. */
  close(): void {
    this.#forget();
    this.#stream.destroy();
  }

  [Symbol.dispose](): void {
    this.close();
  }

  /** An answer that is late or broken would be taken for that of the next call: the session ends with a failure. */
  async #limited<T>(
    what: string,
    signal: AbortSignal,
    work: (action: string, signal: AbortSignal) => Promise<T>,
  ): Promise<T> {
    const action = `${what} in instance '${this.#instance}'`;
    try {
      return await withDeadline(action, this.#transport.limits.callMs, signal, (limited) =>
        work(action, limited),
      );
    } catch (thrown) {
      if (thrown instanceof LxdError) throw thrown;
      this.close();
      if (thrown instanceof RangeError) throw new LxdAnswerError(action, "is no SFTP", { cause: thrown });
      throw explainFailure(action, this.#transport, thrown);
    }
  }

  async #greet(signal: AbortSignal): Promise<void> {
    this.#stream.write(packet(PACKET.init, uint32(VERSION)));
    const { type } = await this.#receive(signal);
    if (type !== PACKET.version) throw new LxdAnswerError("open an SFTP session", `has the type ${type}`);
  }

  async #handle(
    action: string,
    [type, ...fields]: readonly [number, ...Buffer[]],
    signal: AbortSignal,
  ): Promise<Buffer> {
    const answer = await this.#ask(type, fields, signal);
    return Buffer.from(this.#expect(action, answer, PACKET.handle).bytes());
  }

  async #ask(type: number, fields: readonly Buffer[], signal: AbortSignal): Promise<SftpAnswer> {
    const id = ++this.#lastId;
    this.#stream.write(packet(type, uint32(id), ...fields));
    const answer = await this.#receive(signal);
    if (answer.fields.uint32() !== id) throw new RangeError("The answer belongs to another request");
    return answer;
  }

  #expect(action: string, { type, fields }: SftpAnswer, wanted: number): PacketReader {
    if (type === wanted) return fields;
    if (type !== PACKET.status) throw new RangeError(`The answer has the type ${type}`);
    const { code, message } = statusOf(fields);
    throw new LxdError(action, code === STATUS.noSuchFile ? 404 : 500, message);
  }

  async #receive(signal: AbortSignal): Promise<SftpAnswer> {
    const length = (await this.#take(4, signal)).readUInt32BE();
    if (length === 0 || length > LARGEST_PACKET) throw new RangeError(`A packet of ${length} bytes`);
    const fields = new PacketReader(await this.#take(length, signal));
    return { type: fields.byte(), fields };
  }

  async #take(count: number, signal: AbortSignal): Promise<Buffer> {
    while (this.#received.length < count) {
      const next = await orAborted(this.#chunks.next(), signal);
      if (next.done === true) throw lost();
      this.#received = Buffer.concat([this.#received, next.value]);
    }
    const taken = this.#received.subarray(0, count);
    this.#received = this.#received.subarray(count);
    return taken;
  }
}

interface SftpAnswer {
  readonly type: number;
  readonly fields: PacketReader;
}

function lost(): Error {
  return Object.assign(new Error("The connection ended"), { code: "ECONNRESET" });
}

function statusOf(fields: PacketReader): { readonly code: number; readonly message: string } {
  return { code: fields.uint32(), message: fields.bytes().toString() };
}

function described({ mode = 0, sizeBytes = 0 }: SftpAttributes): Omit<ListedEntry, "name"> {
  return { type: TYPES.get(mode & TYPE_MASK) ?? "other", sizeBytes };
}

/** Turns an HTTP connection into one of another protocol. */
async function upgrade(
  transport: Transport,
  target: { readonly action: string; readonly path: string },
  signal: AbortSignal,
): Promise<Duplex> {
  const { promise, resolve, reject } = withResolvers<Duplex>();
  const sent = request({
    socketPath: transport.socketPath,
    path: target.path,
    headers: { connection: "Upgrade", upgrade: "sftp" },
    signal,
  });
  sent.once("upgrade", (_response, stream, head) => {
    if (head.length > 0) stream.unshift(head);
    resolve(stream);
  });
  sent.once("response", (response) => {
    refusal(target.action, response.statusCode ?? 0, response).then(reject, reject);
  });
  sent.once("error", (thrown) => {
    reject(explainFailure(target.action, transport, thrown));
  });
  sent.end();
  return promise;
}
