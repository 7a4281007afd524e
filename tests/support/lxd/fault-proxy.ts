import { randomUUID } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import {
  createServer,
  request as send,
  type IncomingMessage,
  type RequestOptions,
  type Server,
  type ServerResponse,
} from "node:http";
import type { Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { buffer } from "node:stream/consumers";

/**
 * What happens to a request. Without `after` LXD never sees it; with `after` LXD does it, and only the answer is
 * spoilt.
 */
export type LxdFault =
  /** The connection breaks. */
  | { readonly kind: "reset"; readonly after?: boolean }
  /** The connection breaks in the middle of the answer. */
  | { readonly kind: "half" }
  /** An answer that is no JSON, with the type of a page. */
  | { readonly kind: "garbage"; readonly after?: boolean }
  /** JSON whose metadata has another type than LXD gives. */
  | { readonly kind: "wrong-type" }
  /** An error of LXD. */
  | { readonly kind: "error"; readonly status: number; readonly text: string; readonly after?: boolean }
  /** An operation that fails. */
  | { readonly kind: "operation-error"; readonly text: string; readonly after?: boolean }
  /** An operation that LXD has forgotten when it is waited for. */
  | { readonly kind: "operation-lost"; readonly after?: boolean }
  /** No answer for some milliseconds, then the connection breaks. */
  | { readonly kind: "stall"; readonly delayMs: number };

/** A fault for the requests of a route. */
export interface FaultRule {
  readonly method: string;
  /** As {@link routeOf} gives it. */
  readonly route: string;
  readonly fault: LxdFault;
  /** How many requests it is for. @default all */
  readonly times?: number;
}

/** An operation that the proxy answers for. */
interface MadeOperation {
  readonly fault: LxdFault & { readonly kind: "operation-error" | "operation-lost" };
  /** Path of the operation of LXD behind it, if there is one. */
  readonly behind: string | undefined;
}

/** Stands between a client and LXD, on a socket of its own, and spoils what it is told to. */
export class FaultProxy {
  readonly #target: string;
  readonly #directory = mkdtempSync(join(tmpdir(), "lxd-faults-"));
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  readonly #operations = new Map<string, MadeOperation>();
  readonly #routes = new Map<string, number>();
  #rule: FaultRule | undefined;
  #hits = 0;

  /** @param target the socket of LXD. */
  constructor(target: string) {
    this.#target = target;
    this.#server = createServer((request, response) => {
      this.#handle(request, response).catch(() => request.socket.destroy());
    });
    this.#server.on("upgrade", (request, socket: Socket, head: Buffer) => {
      this.#upgrade(request, socket, head);
    });
    this.#server.on("connection", (socket) => {
      this.#sockets.add(socket);
      socket.on("error", () => undefined).once("close", () => this.#sockets.delete(socket));
    });
  }

  get socket(): string {
    return join(this.#directory, "unix.socket");
  }

  /** Requests since the last {@link arm}, by method and route. */
  get routes(): ReadonlyMap<string, number> {
    return this.#routes;
  }

  /** How many requests the fault has hit since the last {@link arm}. */
  get hits(): number {
    return this.#hits;
  }

  async listen(): Promise<void> {
    await new Promise<void>((resolve) => this.#server.listen(this.socket, resolve));
  }

  /** Spoils the requests of a rule from now on, instead of those before; without one, none. */
  arm(rule?: FaultRule): void {
    this.#rule = rule;
    this.#hits = 0;
    this.#routes.clear();
  }

  /** Breaks all connections and refuses others until {@link listen} is called again, as an LXD that is started anew. */
  async goAway(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  async close(): Promise<void> {
    await this.goAway();
    rmSync(this.#directory, { recursive: true });
  }

  async #handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const made = [...this.#operations].find(([id]) => request.url?.includes(id));
    if (made) {
      await this.#operation(made[0], made[1], response);
      return;
    }
    const fault = this.#faultFor(request);
    if (!fault) {
      this.#pass(request, response);
      return;
    }
    const body = await buffer(request);
    const answer =
      ("after" in fault && fault.after) || fault.kind === "half" ? await this.#ask(request, body) : undefined;
    await this.#spoil(fault, response, answer);
  }

  async #spoil(fault: LxdFault, response: ServerResponse, answer: Buffer | undefined): Promise<void> {
    switch (fault.kind) {
      case "reset":
        response.socket?.destroy();
        return;
      case "stall":
        await new Promise((resolve) => setTimeout(resolve, fault.delayMs));
        response.socket?.destroy();
        return;
      case "half":
        response.writeHead(200, {
          "content-type": "application/json",
          "content-length": answer?.length ?? 2,
        });
        response.write(answer?.subarray(0, Math.floor(answer.length / 2)), () => response.socket?.destroy());
        return;
      case "garbage":
        response.writeHead(200, { "content-type": "text/html" }).end("<html>\u0000{");
        return;
      case "wrong-type":
        reply(response, 200, { type: "sync", status: "Success", status_code: 200, metadata: 42 });
        return;
      case "error":
        reply(response, fault.status, { type: "error", error: fault.text, error_code: fault.status });
        return;
      case "operation-error":
      case "operation-lost": {
        const id = randomUUID();
        this.#operations.set(id, { fault, behind: operationIn(answer) });
        const operation = `/1.0/operations/${id}`;
        const metadata = operationMetadata(id, "Running", 103, "");
        reply(response, 202, {
          type: "async",
          status: "Operation created",
          status_code: 100,
          operation,
          metadata,
        });
      }
    }
  }

  /** Answers a wait once the operation behind has ended. */
  async #operation(id: string, { fault, behind }: MadeOperation, response: ServerResponse): Promise<void> {
    if (behind !== undefined) await this.#exchange({ method: "GET", path: `${behind}/wait?timeout=60` });
    if (fault.kind === "operation-lost") {
      reply(response, 404, { type: "error", error: "Operation not found", error_code: 404 });
      return;
    }
    const metadata = operationMetadata(id, "Failure", 400, fault.text);
    reply(response, 200, { type: "sync", status: "Success", status_code: 200, metadata });
  }

  #pass(request: IncomingMessage, response: ServerResponse): void {
    const forwarded = send(this.#options(request), (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(response).on("error", () => undefined);
    });
    forwarded.on("error", () => response.socket?.destroy());
    request.pipe(forwarded);
    response.on("close", () => forwarded.destroy());
  }

  #upgrade(request: IncomingMessage, socket: Socket, head: Buffer): void {
    const fault = this.#faultFor(request);
    if (fault) {
      if (fault.kind === "error")
        socket.end(`HTTP/1.1 ${fault.status} ${fault.text}\r\ncontent-length: 0\r\n\r\n`);
      else socket.destroy();
      return;
    }
    const forwarded = send(this.#options(request));
    forwarded.on("upgrade", (answer, upstream: Socket, first: Buffer) => {
      const lines = answer.rawHeaders.reduce(
        (text, word, index) => `${text}${word}${index % 2 === 0 ? ": " : "\r\n"}`,
        "HTTP/1.1 101 Switching Protocols\r\n",
      );
      socket.write(`${lines}\r\n`);
      socket.write(first);
      upstream.write(head);
      upstream.on("error", () => socket.destroy()).pipe(socket);
      socket.on("error", () => upstream.destroy()).pipe(upstream);
    });
    forwarded.on("response", () => socket.destroy()).on("error", () => socket.destroy());
    forwarded.end();
  }

  async #ask({ method = "GET", url = "/", headers }: IncomingMessage, body: Buffer): Promise<Buffer> {
    return this.#exchange({ method, path: url, headers }, body);
  }

  #exchange(options: RequestOptions, body?: Buffer): Promise<Buffer> {
    return new Promise((resolve, reject) => {
      const request = send({ ...options, socketPath: this.#target }, (answer) => {
        buffer(answer).then(resolve, reject);
      });
      request.once("error", reject).end(body);
    });
  }

  #options({ method, url, headers }: IncomingMessage): RequestOptions {
    return { socketPath: this.#target, method, path: url, headers };
  }

  #faultFor({ method = "", url = "" }: IncomingMessage): LxdFault | undefined {
    const route = routeOf(url);
    const name = `${method} ${route}`;
    this.#routes.set(name, (this.#routes.get(name) ?? 0) + 1);
    const rule = this.#rule;
    if (rule?.method !== method || rule.route !== route) return undefined;
    if (this.#hits >= (rule.times ?? Infinity)) return undefined;
    this.#hits += 1;
    return rule.fault;
  }
}

/** A request's path without what differs from one object to the next, such as `/1.0/instances/NAME/state`. */
export function routeOf(url: string): string {
  const [path = "", query = ""] = url.split("?");
  const plain = path.replace(/^(\/1\.0\/[a-z-]+(?:\/aliases)?)\/[^/]+/, "$1/NAME");
  return query.includes("recursion") ? `${plain}?recursion` : plain;
}

function operationIn(answer: Buffer | undefined): string | undefined {
  if (!answer) return undefined;
  const { operation } = JSON.parse(answer.toString()) as { readonly operation?: string };
  return operation === "" ? undefined : operation;
}

function operationMetadata(id: string, status: string, code: number, err: string): object {
  const now = new Date().toISOString();
  const times = { created_at: now, updated_at: now };
  const more = { class: "task", description: "", resources: {}, metadata: null, may_cancel: false };
  return { id, ...more, ...times, status, status_code: code, err, location: "none" };
}

function reply(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
}
