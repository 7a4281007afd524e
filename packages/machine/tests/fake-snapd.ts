import { mkdtempSync, rmSync } from "node:fs";
import { createServer, type Server } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { json } from "node:stream/consumers";

/** What it answers: a status with JSON or text, nothing but an end of the connection, or nothing at all. */
export type Answer = { readonly status?: number; readonly body: unknown } | "hang up" | "stay silent";

/** A snapd that answers as a test says, and keeps what it was asked. */
export class FakeSnapd {
  readonly #directory = mkdtempSync(join(tmpdir(), "snapd-"));
  readonly #server: Server;
  readonly asked: (readonly [request: string, body?: unknown])[] = [];
  answers: Record<string, Answer | readonly Answer[]> = {};

  constructor() {
    this.#server = createServer((request, response) => {
      void (async () => {
        const name = `${request.method ?? ""} ${request.url ?? ""}`;
        this.asked.push(request.method === "GET" ? [name] : [name, await json(request)]);
        const answer = this.#next(name);
        if (answer === "hang up") {
          request.socket.destroy();
          return;
        }
        if (answer === "stay silent") return;
        response.writeHead(answer.status ?? 200, { "content-type": "application/json" });
        response.end(typeof answer.body === "string" ? answer.body : JSON.stringify(answer.body));
      })();
    });
  }

  get socket(): string {
    return join(this.#directory, "snapd.socket");
  }

  async listen(): Promise<void> {
    await new Promise<void>((resolve) => this.#server.listen(this.socket, resolve));
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
    rmSync(this.#directory, { recursive: true });
  }

  #next(name: string): Answer {
    const answer = this.answers[name];
    if (answer === undefined) return failed("snap-not-found", `there is no answer for ${name}`, 404);
    if (!Array.isArray(answer)) return answer as Answer;
    const [first, ...rest] = answer as readonly Answer[];
    if (rest.length > 0) this.answers[name] = rest;
    return first ?? "hang up";
  }
}

export function done(result: unknown): Answer {
  return { body: { type: "sync", "status-code": 200, status: "OK", result } };
}

export function begun(change: string): Answer {
  return {
    status: 202,
    body: { type: "async", "status-code": 202, status: "Accepted", result: null, change },
  };
}

export function failed(kind: string, message: string, status = 400): Answer {
  return {
    status,
    body: { type: "error", "status-code": status, status: "Bad Request", result: { message, kind } },
  };
}
