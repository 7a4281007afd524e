import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { messageOf, withResolvers, type Logger } from "charm-kit";
import type { LivePage } from "./live-page.ts";

/** The metrics of one moment. */
export interface Exposition {
  readonly contentType: string;
  readonly body: string;
}

/** Makes the metrics of now. @param accept the header of that name */
export type Expose = (accept: string | undefined) => Promise<Exposition>;

export interface MetricsEndpointOptions {
  readonly expose: Expose;
  /** Also served, at `/`. @default none */
  readonly page?: LivePage | undefined;
  readonly log: Logger;
  /** Longest time of a request, of its answer, and of a connection without either, in milliseconds. @default 10000 */
  readonly limitMs?: number;
  /** Most connections at a time; further ones are closed at once. @default 24 */
  readonly mostConnections?: number;
}

/** Scrapers are programs of the machine itself. */
const ADDRESS = "127.0.0.1";
/** A page of another origin reaches loopback by a name of its own. */
const HOST = /^(?:localhost|127\.0\.0\.1|\[::1\])(?::\d{1,5})?$/i;

/** Serves metrics and the live page on a port of the loopback address, to programs that may be slow, hang or be many. */
export class MetricsEndpoint {
  readonly #options: MetricsEndpointOptions;
  #server: { readonly port: number; readonly server: Server } | undefined;
  #work: Promise<void> = Promise.resolve();
  #fault: string | undefined;

  constructor(options: MetricsEndpointOptions) {
    this.#options = options;
  }

  /** Why nothing is served although it is wanted; undefined otherwise. */
  get fault(): string | undefined {
    return this.#fault;
  }

  /**
   * Serves on a port, and no longer on another one. A port that cannot be had is tried again at the next call.
   *
   * @param port undefined to serve nowhere.
   */
  listen(port: number | undefined): Promise<void> {
    this.#work = this.#work.then(() => this.#change(port));
    return this.#work;
  }

  close(): Promise<void> {
    return this.listen(undefined);
  }

  async #change(port: number | undefined): Promise<void> {
    if (port === this.#server?.port) return;
    await this.#end();
    const before = this.#fault;
    this.#fault = undefined;
    if (port === undefined) return;
    try {
      this.#server = { port, server: await this.#open(port) };
    } catch (thrown) {
      this.#fault = `cannot serve metrics on port ${port} (${messageOf(thrown)}); set metrics-port to another port`;
      if (before !== this.#fault) this.#options.log.warning("Cannot serve metrics", { reason: this.#fault });
    }
  }

  async #open(port: number): Promise<Server> {
    const { limitMs = 10_000, mostConnections = 24 } = this.#options;
    const limits = {
      headersTimeout: limitMs,
      requestTimeout: limitMs,
      keepAliveTimeout: limitMs,
      connectionsCheckingInterval: Math.ceil(limitMs / 5),
      maxHeaderSize: 8192,
    };
    const server = createServer(limits, (request, response) => {
      const goOn = endAfter(limitMs, response);
      if (answer(request, response, this.#options) === "streaming") goOn();
    });
    server.maxConnections = mostConnections;
    server.setTimeout(limitMs);
    const { promise, resolve, reject } = withResolvers<undefined>();
    server.once("error", reject).listen(port, ADDRESS, () => {
      resolve(undefined);
    });
    await promise;
    server.on("error", (thrown) => {
      this.#options.log.warning("The metrics endpoint failed", { reason: messageOf(thrown) });
    });
    return server;
  }

  async #end(): Promise<void> {
    const { server } = this.#server ?? {};
    this.#server = undefined;
    if (!server) return;
    const { promise, resolve } = withResolvers<undefined>();
    server.close(() => {
      resolve(undefined);
    });
    server.closeAllConnections();
    await promise;
  }
}

/** Sends metrics; also for other servers. */
export function sendMetrics(request: IncomingMessage, response: ServerResponse, expose: Expose): void {
  const sent = expose(request.headers.accept).then(({ contentType, body }) => {
    response.writeHead(200, { "content-type": contentType, "cache-control": "no-store" }).end(body);
  });
  sent.catch((thrown: unknown) => {
    refuse(response, 500, `Cannot read the metrics: ${messageOf(thrown)}`);
  });
}

function answer(
  request: IncomingMessage,
  response: ServerResponse,
  { expose, page }: Pick<MetricsEndpointOptions, "expose" | "page">,
): "answered" | "streaming" {
  request.resume();
  if (!isOwn(request)) {
    refuse(response, 403, "Metrics are for this machine, and the page for itself alone.");
    return "answered";
  }
  if (request.method === "GET" && request.url?.split("?", 1)[0] === "/metrics") {
    sendMetrics(request, response, expose);
    return "answered";
  }
  const answered = page?.answer(request, response) ?? "not found";
  if (answered !== "not found") return answered;
  refuse(response, 404, `Known are GET /metrics${page ? ", GET / and GET /view" : ""}.`);
  return "answered";
}

/**
 * Whether a request is for this machine by name, and comes from no page of another origin. Programs send no header of an
 * origin; browsers do, and say so when a person follows a link.
 */
function isOwn({ headers }: IncomingMessage): boolean {
  const { host = "", origin } = headers;
  if (!HOST.test(host)) return false;
  if (origin !== undefined && origin !== `http://${host}`) return false;
  const site = headers["sec-fetch-site"] ?? "none";
  const isLink = headers["sec-fetch-mode"] === "navigate" && headers["sec-fetch-dest"] === "document";
  return site === "same-origin" || site === "none" || isLink;
}

function refuse(response: ServerResponse, status: number, reason: string): void {
  if (response.headersSent) return;
  response.writeHead(status, { "content-type": "text/plain; charset=utf-8" }).end(`${reason}\n`);
}

/** A reader that takes a few bytes at a time is never idle. @returns lets the answer go on for longer */
function endAfter(limitMs: number, response: ServerResponse): () => void {
  const limit = AbortSignal.timeout(limitMs);
  const end = (): void => {
    response.destroy();
  };
  limit.addEventListener("abort", end, { once: true });
  const goOn = (): void => {
    limit.removeEventListener("abort", end);
  };
  response.once("close", goOn);
  return goOn;
}
