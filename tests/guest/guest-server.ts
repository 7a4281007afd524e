import { createServer, type IncomingHttpHeaders, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";

/** A request that a guest has sent. */
export interface Received {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/** A small server on this machine, for guests to ask: a policy service, or anything behind a proxy. */
export class GuestServer {
  /** What is answered from now on. */
  answer = { status: 200, text: "hello" };
  readonly received: Received[] = [];
  readonly #server: Server;

  private constructor() {
    this.#server = createServer((request, response) => {
      void text(request).then((body) => {
        const { method = "", url: path = "", headers } = request;
        this.received.push({ method, path, headers, body });
        response.writeHead(this.answer.status).end(this.answer.text);
      });
    });
  }

  /** @param address the host's address on the guest's bridge. */
  static async start(address: string): Promise<GuestServer> {
    const server = new GuestServer();
    await new Promise<void>((resolve) => server.#server.listen(0, address, resolve));
    return server;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  close(): void {
    this.#server.closeAllConnections();
    this.#server.close();
  }
}
