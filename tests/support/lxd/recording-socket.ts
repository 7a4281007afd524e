import { connect, createServer, type Server } from "node:net";
import { join } from "node:path";
import { once } from "node:events";
import { LXD, type LxdSocket } from "lxd-client";

const REQUEST = /^(GET|POST|PUT|PATCH|DELETE) (\S+) HTTP\/1\.1/;

/** A socket that passes everything to LXD and records the requests, as `GET /1.0`. */
export class RecordingSocket {
  readonly requests: string[] = [];
  readonly socket: LxdSocket;
  readonly #server: Server;

  private constructor(path: string, target: string) {
    this.socket = { path, dialect: LXD };
    this.#server = createServer((near) => {
      const far = connect(target);
      // Clients send a request when they have the answer to the one before, so each begins with a chunk.
      near.on("data", (chunk: Buffer) => {
        const [, method, url] = REQUEST.exec(chunk.toString("latin1", 0, 4096)) ?? [];
        if (method !== undefined) this.requests.push(`${method} ${url ?? ""}`);
      });
      near.on("error", () => far.destroy()).on("close", () => far.destroy());
      far.on("error", () => near.destroy()).on("close", () => near.destroy());
      near.pipe(far).pipe(near);
    });
  }

  /** @param directory for the socket. @param target path of LXD's socket. */
  static async open(directory: string, target: string): Promise<RecordingSocket> {
    const recording = new RecordingSocket(join(directory, "lxd.socket"), target);
    recording.#server.listen(recording.socket.path);
    await once(recording.#server, "listening");
    return recording;
  }

  async close(): Promise<void> {
    this.#server.close();
    await once(this.#server, "close");
  }
}
