import { mkdtempSync, rmSync } from "node:fs";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Duplex } from "node:stream";
import { LXD, LxdClient, type Limits } from "../src/index.ts";
import { RawPeer } from "./raw-websocket.ts";

type Descriptor = "0" | "1" | "2" | "control" | "events";

const OPERATION = "/1.0/operations/the-id";

/**
 * An LXD with one command that runs: its WebSockets are the test's, and so is the end of its operation. It serves the
 * event stream as well, and nothing else.
 */
export class ExecStandIn {
  readonly path: string;
  readonly #directory = mkdtempSync(join(tmpdir(), "lxdclient-"));
  readonly #server: Server;
  readonly #peers = new Map<Descriptor, PromiseWithResolvers<RawPeer>>();
  readonly #sockets = new Set<Duplex>();
  readonly #clients: LxdClient[] = [];
  readonly #waits: ServerResponse[] = [];
  #exitCode: number | undefined;
  /** Of the command that was asked for last. */
  #failure: string | undefined;
  /** Number of commands that were asked for. */
  started = 0;
  #upgrade: (request: IncomingMessage, socket: Duplex) => void;

  constructor() {
    this.path = join(this.#directory, "unix.socket");
    this.#server = createServer((request, response) => {
      this.#answer(request, response);
    });
    this.#server.on("connection", (socket) => this.#sockets.add(socket));
    this.#upgrade = (request, socket) => {
      this.#slot(descriptorOf(request)).resolve(new RawPeer(request, socket));
    };
    this.#server.on("upgrade", (request, socket) => {
      this.#upgrade(request, socket);
    });
  }

  static async start(): Promise<ExecStandIn> {
    const standIn = new ExecStandIn();
    await new Promise<void>((resolve) => standIn.#server.listen(standIn.path, resolve));
    return standIn;
  }

  client(limits: Partial<Limits> = {}): LxdClient {
    const client = new LxdClient({ path: this.path, dialect: LXD }, limits);
    this.#clients.push(client);
    return client;
  }

  /** The server's end of one of the WebSockets, as soon as the client has opened it. */
  peer(descriptor: Descriptor): Promise<RawPeer> {
    return this.#slot(descriptor).promise;
  }

  /** Answers WebSockets with an error from now on. */
  refuseUpgrades(status: number, body: object): void {
    const text = JSON.stringify(body);
    this.#upgrade = (_request, socket) => {
      socket.end(`HTTP/1.1 ${status} Refused\r\ncontent-length: ${text.length}\r\n\r\n${text}`);
    };
  }

  /** Leaves WebSockets without an answer from now on. */
  ignoreUpgrades(): void {
    this.#upgrade = (_request, socket) => socket.on("error", () => undefined);
  }

  /** Ends the operation. */
  finish(exitCode: number): void {
    this.#exitCode = exitCode;
    for (const response of this.#waits) this.#tellEnd(response, exitCode);
  }

  /** Ends the operation with an error; the next command has WebSockets of its own. */
  fail(err: string): void {
    this.#failure = err;
    this.#peers.clear();
    for (const response of this.#waits.splice(0)) this.#tellFailure(response, err);
  }

  async close(): Promise<void> {
    for (const client of this.#clients) await client.close();
    for (const socket of this.#sockets) socket.destroy();
    await new Promise((resolve) => this.#server.close(resolve));
    rmSync(this.#directory, { recursive: true });
  }

  #slot(descriptor: Descriptor): PromiseWithResolvers<RawPeer> {
    const slot = this.#peers.get(descriptor) ?? Promise.withResolvers<RawPeer>();
    this.#peers.set(descriptor, slot);
    return slot;
  }

  #answer({ method, url = "" }: IncomingMessage, response: ServerResponse): void {
    if (method === "POST") this.#tellStart(response);
    else if (!url.startsWith(`${OPERATION}/wait`))
      say(response, 404, { type: "error", error_code: 404, error: "not found" });
    else if (this.#failure !== undefined) this.#tellFailure(response, this.#failure);
    else if (this.#exitCode === undefined) this.#waits.push(response);
    else this.#tellEnd(response, this.#exitCode);
  }

  #tellStart(response: ServerResponse): void {
    this.started += 1;
    this.#failure = undefined;
    const fds = { "0": "0", "1": "1", "2": "2", control: "control" };
    say(response, 202, { type: "async", operation: OPERATION, metadata: operation(103, { fds }) });
  }

  #tellFailure(response: ServerResponse, err: string): void {
    say(response, 200, { type: "sync", metadata: { ...operation(400, {}), err } });
  }

  #tellEnd(response: ServerResponse, exitCode: number): void {
    say(response, 200, { type: "sync", metadata: operation(200, { return: exitCode }) });
  }
}

function descriptorOf(request: IncomingMessage): Descriptor {
  const { searchParams, pathname } = new URL(request.url ?? "", "http://lxd");
  return pathname.endsWith("/events") ? "events" : (searchParams.get("secret") as Descriptor);
}

function operation(status_code: number, metadata: object) {
  return { id: "the-id", class: "websocket", status_code, status: "", err: "", resources: null, metadata };
}

function say(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { "content-type": "application/json" }).end(`${JSON.stringify(body)}\n`);
}
