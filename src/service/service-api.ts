import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { chmod, rm } from "node:fs/promises";
import { createConnection } from "node:net";
import { ConditionError, messageOf, systemErrorCode, withResolvers } from "charm-kit";
import type { PolicyTokenAnswer } from "../unit/ask-service.ts";
import type { ServiceStatus } from "../unit/service-status.ts";
import { EventReaders } from "./event-readers.ts";
import { sendView, streamViews } from "./live-page.ts";
import type { LiveViews } from "./live-views.ts";
import { sendMetrics, type Expose } from "./metrics-endpoint.ts";

/** Another process serves the socket: one unit has one service. */
export class SocketTakenError extends ConditionError {
  readonly code = "service-socket-taken";
  readonly remedy = "person";

  constructor(path: string) {
    super(`Cannot serve ${path}: another runner service of this unit is at work; stop it`);
  }
}

export interface ServiceApiOptions {
  /** Absolute path of the socket; its directory must be for root alone. */
  readonly path: string;
  readonly status: () => ServiceStatus;
  /** Makes the metrics of now. @default there are none */
  readonly metrics?: Expose;
  /** The unit at a glance. @default there is none */
  readonly views?: LiveViews;
  /** Issues a one-time token of the built-in policy. @default there is no such policy */
  readonly policyToken?: (signal: AbortSignal) => Promise<PolicyTokenAnswer>;
  /**
   * Asks for a round. Resolves with the status once a round that began after the call has ended.
   *
   * @param reason `request` for a whole one, `runners` for one that looks at the runners alone.
   */
  readonly reconcile: (reason: "request" | "runners") => Promise<ServiceStatus>;
}

/** Most connections at a time; all of them are root's. */
const MOST_CONNECTIONS = 64;
/** Most of them that read events, and that read views: hooks must find a free one. */
const MOST_READERS = 16;

/** The service's socket: JSON over HTTP, for root alone. */
export class ServiceApi {
  readonly #options: ServiceApiOptions;
  readonly #server: Server;
  readonly #readers = new EventReaders({ most: MOST_READERS });
  readonly #audience: EventReaders | undefined;

  constructor(options: ServiceApiOptions) {
    this.#options = options;
    this.#audience = options.views?.openAudience(MOST_READERS);
    this.#server = createServer((request, response) => {
      this.#answer(request, response);
    });
    this.#server.maxConnections = MOST_CONNECTIONS;
  }

  /** @throws {@link SocketTakenError}, and the file system's errors. */
  async open(): Promise<void> {
    const { path } = this.#options;
    if (await isServed(path)) throw new SocketTakenError(path);
    // Left by a service that was killed.
    await rm(path, { force: true });
    const { promise, resolve, reject } = withResolvers<undefined>();
    // Also told later, of a connection that cannot be accepted.
    this.#server.on("error", reject).listen(path, () => {
      resolve(undefined);
    });
    await promise;
    await chmod(path, 0o600);
  }

  /** Sends a status to all readers of events. One that does not read loses its connection. */
  publish(status: ServiceStatus): void {
    this.#readers.send(JSON.stringify(status));
  }

  async close(): Promise<void> {
    this.#readers.close();
    const { promise, resolve } = withResolvers<undefined>();
    this.#server.close(() => {
      resolve(undefined);
    });
    this.#server.closeAllConnections();
    await promise;
  }

  #answer(request: IncomingMessage, response: ServerResponse): void {
    // No request has a body that matters.
    request.resume();
    switch (`${request.method ?? ""} ${request.url ?? ""}`) {
      case "GET /status":
        send(response, 200, this.#options.status());
        return;
      case "GET /events":
        this.#stream(response);
        return;
      case "GET /metrics":
        this.#sendMetrics(request, response);
        return;
      case "GET /view":
      case "GET /view/events":
        this.#show(request, response);
        return;
      case "POST /policy-token":
        this.#issueToken(response);
        return;
      case "POST /reconcile":
        this.#reconcile("request", request, response).catch(() => response.destroy());
        return;
      case "POST /reconcile/runners":
        this.#reconcile("runners", request, response).catch(() => response.destroy());
        return;
      default:
        send(response, 404, {
          error:
            "Known are GET /status, /events, /view, /view/events and /metrics, and POST /policy-token, /reconcile and /reconcile/runners.",
        });
    }
  }

  /** Answers at once, or after the round where the request prefers to wait for it (RFC 7240). */
  async #reconcile(
    reason: "request" | "runners",
    { headers }: IncomingMessage,
    response: ServerResponse,
  ): Promise<void> {
    const ended = this.#options.reconcile(reason);
    if (/^wait\b/.test(String(headers["prefer"]))) send(response, 200, await ended);
    else send(response, 202, { accepted: true });
  }

  #sendMetrics(request: IncomingMessage, response: ServerResponse): void {
    const { metrics } = this.#options;
    if (metrics) sendMetrics(request, response, metrics);
    else send(response, 404, { error: "There are no metrics." });
  }

  #show({ url }: IncomingMessage, response: ServerResponse): void {
    const { views } = this.#options;
    if (!views || !this.#audience) send(response, 404, { error: "There is no live view." });
    else if (url === "/view") sendView(response, views);
    else streamViews(response, views, this.#audience);
  }

  #issueToken(response: ServerResponse): void {
    const gone = new AbortController();
    response.once("close", () => {
      gone.abort(new Error("the client has closed the connection"));
    });
    const { policyToken } = this.#options;
    const issued = policyToken
      ? policyToken(gone.signal)
      : Promise.resolve({ fault: "the runner service checks no repositories" });
    issued.then(
      (answer) => {
        send(response, "token" in answer ? 200 : 503, answer);
      },
      (thrown: unknown) => {
        send(response, 503, { fault: messageOf(thrown) });
      },
    );
  }

  #stream(response: ServerResponse): void {
    if (this.#readers.isFull) {
      send(response, 503, { error: `There are ${MOST_READERS} readers of events; end one of them.` });
      return;
    }
    this.#readers.add(response, JSON.stringify(this.#options.status()));
  }
}

function send(response: ServerResponse, status: number, value: unknown): void {
  response.writeHead(status, { "content-type": "application/json" }).end(`${JSON.stringify(value)}\n`);
}

/** Whether a process accepts connections at a socket. */
async function isServed(path: string): Promise<boolean> {
  const { promise, resolve, reject } = withResolvers<boolean>();
  const socket = createConnection(path);
  socket.once("connect", () => {
    resolve(true);
  });
  socket.once("error", (thrown) => {
    if (["ENOENT", "ECONNREFUSED"].includes(systemErrorCode(thrown) ?? "")) resolve(false);
    else reject(thrown);
  });
  return promise.finally(() => socket.destroy());
}
