import { once } from "node:events";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

/** An answer, or what else happens to a request. */
export interface ScriptedAnswer {
  /** @default 200 */
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  /** The connection is reset instead. */
  readonly reset?: true;
  /** Nothing ever comes. */
  readonly silence?: true;
}

/** Answers the requests of one path in order, as a test tells; the last answer stays. Other paths open the connection. */
export class AnsweringServer {
  readonly seen: string[] = [];
  readonly #answers: ScriptedAnswer[];
  readonly #server: Server;

  private constructor(answers: readonly ScriptedAnswer[]) {
    this.#answers = [...answers];
    this.#server = createServer((request, response) => {
      this.#answer(request, response);
    });
  }

  /** @param answers of everything below `_apis`. */
  static async start(answers: readonly ScriptedAnswer[]): Promise<AnsweringServer> {
    const server = new AnsweringServer(answers);
    server.#server.listen(0, "127.0.0.1");
    await once(server.#server, "listening");
    return server;
  }

  get url(): string {
    const { port } = this.#server.address() as AddressInfo;
    return `http://127.0.0.1:${port}/octo`;
  }

  async close(): Promise<void> {
    const closed = once(this.#server, "close");
    this.#server.close();
    this.#server.closeAllConnections();
    await closed;
  }

  #answer({ method = "", url = "/" }: IncomingMessage, response: ServerResponse): void {
    const { origin } = new URL(this.url);
    if (url.endsWith("/registration-token")) {
      response.writeHead(201).end('{"token":"A1"}');
      return;
    }
    if (url.endsWith("/runner-registration")) {
      response.end(JSON.stringify({ url: `${origin}/tenant/`, token: "admin" }));
      return;
    }
    this.seen.push(`${method} ${url.replace(/\?.*/, "")}`);
    const [next = {}] = this.#answers;
    if (this.#answers.length > 1) this.#answers.shift();
    if (next.reset) response.socket?.resetAndDestroy();
    else if (!next.silence) response.writeHead(next.status ?? 200, next.headers).end(next.body);
  }
}
