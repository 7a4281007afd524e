import { mkdtempSync, rmSync } from "node:fs";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Duplex } from "node:stream";
import { LXD, LxdClient, type Limits } from "../src/index.ts";

/** How a request is answered, or not. */
export type Answer = (request: IncomingMessage, response: ServerResponse) => void;

/** Answers that a real daemon cannot be made to give, over a real socket: the test chooses each one. */
export class StandInDaemon {
  /** The test's. @default no answer */
  answer: Answer = () => undefined;
  /** Method and path of each request so far, in order. */
  readonly requests: string[] = [];
  #directory = "";
  #server: Server = createServer();
  #clients: LxdClient[] = [];

  /** A directory of its own, which is deleted at the end. */
  get directory(): string {
    return this.#directory;
  }

  get socketPath(): string {
    return join(this.#directory, "unix.socket");
  }

  /** A client of it, which is closed at the end. */
  client(limits: Partial<Limits> = {}): LxdClient {
    const client = new LxdClient({ path: this.socketPath, dialect: LXD }, limits);
    this.#clients.push(client);
    return client;
  }

  onUpgrade(listener: (request: IncomingMessage, socket: Duplex) => void): void {
    this.#server.on("upgrade", listener);
  }

  /** Begins anew, in a directory of its own. */
  async open(): Promise<void> {
    this.#directory = mkdtempSync(join(tmpdir(), "lxdclient-"));
    this.#clients = [];
    this.requests.length = 0;
    this.answer = () => undefined;
    this.#server = createServer((request, response) => {
      this.requests.push(`${request.method ?? ""} ${request.url ?? ""}`);
      this.answer(request, response);
    });
    await this.listen();
  }

  /** Serves its socket, again after {@link StandInDaemon.leave}. */
  listen(): Promise<void> {
    return new Promise((resolve) => this.#server.listen(this.socketPath, resolve));
  }

  /** Takes its socket away, and ends all connections. */
  async leave(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  async close(): Promise<void> {
    for (const client of this.#clients) await client.close();
    await this.leave();
    rmSync(this.#directory, { recursive: true });
  }
}

/** A daemon for each test of the surrounding suite. Call inside `describe`. */
export function useStandInDaemon(): StandInDaemon {
  const daemon = new StandInDaemon();
  beforeEach(() => daemon.open());
  afterEach(() => daemon.close());
  return daemon;
}
