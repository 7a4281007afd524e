import { rm } from "node:fs/promises";
import { createServer } from "node:http";
import type { IncomingMessage, Server, ServerResponse } from "node:http";
import { once } from "node:events";
import { messageOf } from "charm-kit";
import { parseJSON, readText } from "../http/read-body.ts";
import type { ControlHandlers, ControlVerb } from "./control-verbs.ts";

/**
 * The control plane on a socket of the file system, so that it is reached from any network namespace and is on none of
 * GitHub's paths: `POST /<verb>` with JSON, answered with JSON.
 */
export class ControlServer {
  readonly #handlers: ControlHandlers;
  readonly #server: Server;

  constructor(handlers: ControlHandlers) {
    this.#handlers = handlers;
    this.#server = createServer((request, response) => void this.#answer(request, response));
  }

  /** Listens on a socket; one that a killed stand-in left there is replaced. */
  async listen(path: string): Promise<void> {
    await rm(path, { force: true });
    this.#server.listen(path);
    await once(this.#server, "listening");
  }

  async close(): Promise<void> {
    if (!this.#server.listening) return;
    const closed = once(this.#server, "close");
    this.#server.close();
    this.#server.closeAllConnections();
    await closed;
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const hungUp = new AbortController();
    response.on("close", () => {
      hungUp.abort();
    });
    const { status, body } = await this.#carryOut(request, hungUp.signal).catch((thrown: unknown) => ({
      status: 400,
      body: { message: messageOf(thrown) },
    }));
    if (!response.destroyed) response.writeHead(status).end(JSON.stringify(body));
  }

  async #carryOut(request: IncomingMessage, signal: AbortSignal): Promise<{ status: number; body: unknown }> {
    const verb = (request.url ?? "").slice(1);
    const takes = parseJSON(await readText(request));
    if (!(verb in this.#handlers)) throw new Error(`There is no verb ${verb}.`);
    // What a verb takes is checked where it is sent: by the compiler.
    const handler = this.#handlers[verb as ControlVerb] as (takes: unknown, signal: AbortSignal) => unknown;
    return { status: 200, body: await handler(takes, signal) };
  }
}
