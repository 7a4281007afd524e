import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { Socket } from "node:net";
import {
  type Clock,
  DeadlineError,
  Gate,
  type Logger,
  messageOf,
  orAborted,
  withDeadline,
  withResolvers,
} from "charm-kit";
import { eventOfPath, readCheckRequest, type CheckRequest } from "../compliance/check-request.ts";
import type { CheckOutcome, CheckVerdict } from "../compliance/repository-checks.ts";

/** Where guests reach the endpoint. */
export interface PolicyAddress {
  /** The machine's IPv4 address on the runners' bridge. */
  readonly host: string;
  readonly port: number;
}

export interface PolicyEndpointOptions {
  /** Whether a one-time token is good; it is not good again. */
  readonly redeem: (token: string) => Promise<boolean>;
  readonly check: (request: CheckRequest, signal: AbortSignal) => Promise<CheckOutcome>;
  /** Told what became of each check, but not of requests without a good token, nor of a runner that hangs up. @default nobody is */
  readonly onVerdict?: ((verdict: CheckVerdict) => void) | undefined;
  readonly clock: Clock;
  readonly log: Logger;
  /** Longest time for a request to arrive, in milliseconds. @default 10000 */
  readonly requestMs?: number;
  /** Longest time of a check, in milliseconds; runners wait for 60 seconds. @default 50000 */
  readonly checkMs?: number;
  /** Most connections at a time. @default 512 */
  readonly mostConnections?: number;
  /** Requests of one guest that are answered in a minute. @default 20 */
  readonly mostRequests?: number;
}

/** Most connections of one guest at a time; it needs one. */
const MOST_OF_ONE = 4;
/** Most bytes of a request's body; the longest names that GitHub allows are below 2 KiB. */
const LONGEST_BODY = 16 * 1024;
const LONGEST_HEAD = 8 * 1024;
/** Most checks that ask GitHub at a time; the others wait for their turn. */
const MOST_CHECKS = 8;
/** Most checks that wait. */
const MOST_WAITING = 256;
const MINUTE_MS = 60_000;

/**
 * The requests of repo-policy-compliance's API that runners make, on the machine's address of their bridge. Whoever runs
 * in a guest is a stranger: without a good one-time token nothing is done, and each guest has its share alone.
 */
export class PolicyEndpoint {
  readonly #options: PolicyEndpointOptions;
  readonly #gate = new Gate(MOST_CHECKS);
  readonly #closing = new AbortController();
  readonly #requests = new Map<string, { readonly since: number; count: number }>();
  readonly #connections = new Map<string, number>();
  #checks = 0;
  #open: { readonly address: PolicyAddress; readonly server: Server } | undefined;
  #work: Promise<unknown> = Promise.resolve();

  constructor(options: PolicyEndpointOptions) {
    this.#options = options;
  }

  /** Where it is served; undefined while it is not. */
  get address(): PolicyAddress | undefined {
    return this.#open?.address;
  }

  /**
   * Serves at an address, and no longer at another one.
   *
   * @param address undefined to serve nowhere.
   * @throws the system's error when the address or the port cannot be had.
   */
  listen(address: PolicyAddress | undefined): Promise<void> {
    const changed = this.#work.then(() => this.#change(address));
    this.#work = changed.catch(() => undefined);
    return changed;
  }

  async close(): Promise<void> {
    this.#closing.abort(new Error("the runner service ends"));
    await this.listen(undefined);
  }

  async #change(address: PolicyAddress | undefined): Promise<void> {
    const present = this.#open;
    if (present?.address.host === address?.host && present?.address.port === address?.port) return;
    this.#open = undefined;
    if (present) await closed(present.server);
    if (address) this.#open = { address, server: await this.#serve(address) };
  }

  async #serve({ host, port }: PolicyAddress): Promise<Server> {
    const { log, mostConnections = 512, requestMs = 10_000, checkMs = 50_000 } = this.#options;
    const limits = {
      headersTimeout: requestMs,
      requestTimeout: requestMs,
      connectionsCheckingInterval: Math.ceil(requestMs / 5),
      keepAliveTimeout: 1,
      maxHeaderSize: LONGEST_HEAD,
    };
    const server = createServer(limits, (request, response) => {
      this.#answer(request, response).catch((thrown: unknown) => {
        log.warning("A policy check failed", { reason: messageOf(thrown) });
        send(response, 500, "The check failed.");
      });
    });
    server.maxConnections = mostConnections;
    server.maxRequestsPerSocket = 1;
    server.setTimeout(requestMs + checkMs);
    server.on("connection", (socket) => {
      this.#count(socket);
    });
    const { promise, resolve, reject } = withResolvers<undefined>();
    server.once("error", reject).listen(port, host, () => {
      resolve(undefined);
    });
    await promise;
    server.on("error", (thrown) => {
      log.warning("The policy endpoint failed", { reason: messageOf(thrown) });
    });
    return server;
  }

  /** A guest that opens many connections loses the later ones, and takes nobody else's. */
  #count(socket: Socket): void {
    const guest = guestOf(socket);
    const count = (this.#connections.get(guest) ?? 0) + 1;
    this.#connections.set(guest, count);
    socket.once("close", () => {
      const left = (this.#connections.get(guest) ?? 1) - 1;
      if (left > 0) this.#connections.set(guest, left);
      else this.#connections.delete(guest);
    });
    if (count > MOST_OF_ONE) socket.destroy();
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    // Nobody who hangs up in the middle may end the service.
    request.on("error", () => undefined);
    response.on("error", () => undefined).setHeader("connection", "close");
    if (!this.#isWithinShare(guestOf(request.socket))) {
      send(response, 429, "Too many requests; try again in a minute.");
      return;
    }
    const path = request.url?.split("?", 1)[0] ?? "";
    const event = eventOfPath(path);
    // The unit gets tokens on its own socket: there is none on the network that could be guessed.
    if (path === ONE_TIME_TOKEN) send(response, 401, "One-time tokens are for the unit alone.");
    else if (event === undefined) send(response, 404, "Known is POST /<event>/check-run.");
    else if (request.method !== "POST")
      send(response, 405, "Known is POST /<event>/check-run.", { allow: "POST" });
    else {
      const body = await readBody(request);
      if (body === undefined) send(response, 413, `The body has more than ${LONGEST_BODY} bytes.`);
      // As in the service of Canonical, a bad body uses the token up.
      else if (!(await this.#redeem(tokenOf(request)))) send(response, 401, UNKNOWN_TOKEN, CHALLENGE);
      else {
        const read = readCheckRequest(event, body);
        if ("fault" in read) send(response, 400, `The check is not as it should be: ${read.fault}.`);
        else await this.#check(read, response);
      }
    }
  }

  async #redeem(token: string): Promise<boolean> {
    const { onVerdict, redeem } = this.#options;
    try {
      return await redeem(token);
    } catch (thrown) {
      onVerdict?.("failed");
      throw thrown;
    }
  }

  async #check(request: CheckRequest, response: ServerResponse): Promise<void> {
    const { check, checkMs = 50_000, log, onVerdict } = this.#options;
    if (this.#checks >= MOST_WAITING) {
      onVerdict?.("failed");
      send(response, 503, "Too many checks at a time. Run the job again later.");
      return;
    }
    const gone = new AbortController();
    response.once("close", () => {
      gone.abort(new Error("the runner has closed the connection"));
    });
    const signal = AbortSignal.any([gone.signal, this.#closing.signal]);
    this.#checks += 1;
    try {
      const outcome = await withDeadline("check a repository", checkMs, signal, (limited) =>
        orAborted(
          this.#gate.run(() => {
            limited.throwIfAborted();
            return check(request, limited);
          }),
          limited,
        ),
      );
      onVerdict?.(outcome.verdict);
      if (outcome.verdict === "allowed") send(response, 204, undefined);
      else send(response, outcome.verdict === "refused" ? 403 : 500, outcome.text);
    } catch (thrown) {
      if (signal.aborted) {
        response.destroy();
        return;
      }
      onVerdict?.("failed");
      log.warning("A policy check failed", { reason: messageOf(thrown) });
      // The reason is for the people of the unit: the log of a job may be public.
      send(response, 500, thrown instanceof DeadlineError ? LATE : UNREADABLE);
    } finally {
      this.#checks -= 1;
    }
  }

  #isWithinShare(guest: string): boolean {
    const { clock, mostRequests = 20 } = this.#options;
    const now = clock.now();
    for (const [other, { since }] of this.#requests) {
      if (now < since || now - since >= MINUTE_MS) this.#requests.delete(other);
    }
    const known = this.#requests.get(guest) ?? { since: now, count: 0 };
    this.#requests.set(guest, known);
    known.count += 1;
    return known.count <= mostRequests;
  }
}

const ONE_TIME_TOKEN = "/one-time-token";
const UNKNOWN_TOKEN = "The one-time token is unknown, or was used.";
const LATE = "GitHub has not answered the unit in time. Run the job again later.";
const UNREADABLE =
  "The settings of the repository cannot be read. Ask an operator of this unit for the reason, which is in the log of its runner service.";
const CHALLENGE = { "www-authenticate": 'Bearer realm="policy"' };

/** The bridge lets each runner use its own address alone. */
function guestOf({ remoteAddress = "" }: Socket): string {
  return remoteAddress;
}

function tokenOf({ headers: { authorization = "" } }: IncomingMessage): string {
  return /^Bearer +(\S+)$/i.exec(authorization)?.[1] ?? "";
}

/**
 * By events: the end of an iteration would take the connection away before the answer.
 *
 * @returns undefined for a body that is too long.
 * @throws when the connection ends before the body.
 */
function readBody(request: IncomingMessage): Promise<string | undefined> {
  const { promise, resolve, reject } = withResolvers<string | undefined>();
  const chunks: Buffer[] = [];
  let length = 0;
  request
    .on("data", (chunk: Buffer) => {
      length += chunk.length;
      chunks.push(chunk);
      if (length <= LONGEST_BODY) return;
      request.pause();
      resolve(undefined);
    })
    .once("end", () => {
      resolve(Buffer.concat(chunks).toString("utf8"));
    })
    .once("close", () => {
      reject(new Error("the runner has closed the connection"));
    });
  return promise;
}

function send(
  response: ServerResponse,
  status: number,
  text: string | undefined,
  headers: Readonly<Record<string, string>> = {},
): void {
  if (response.headersSent || response.destroyed) return;
  const type = text === undefined ? {} : { "content-type": "text/plain; charset=utf-8" };
  response.writeHead(status, { ...type, ...headers }).end(text);
}

async function closed(server: Server): Promise<void> {
  const { promise, resolve } = withResolvers<undefined>();
  server.close(() => {
    resolve(undefined);
  });
  server.closeAllConnections();
  await promise;
}
