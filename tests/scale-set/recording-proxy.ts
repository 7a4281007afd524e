import { once } from "node:events";
import {
  createServer,
  request as send,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from "node:http";
import type { AddressInfo } from "node:net";
import { parseJSON, readText } from "../support/github/http/read-body.ts";
import { tokenOf } from "../support/github/http/callers.ts";

/** A request as data: what differs from run to run, and secrets, are replaced by what they are. */
export interface RecordedRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: unknown;
  readonly status: number;
}

/** Of the connection, not of the request. */
const HOP_BY_HOP = new Set(["host", "connection", "content-length", "accept-encoding", "transfer-encoding"]);
const UUID = /[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}/g;
/** How Go writes a field that is not set. */
const GO_ABSENT = new Set(["0001-01-01T00:00:00Z", "00000000-0000-0000-0000-000000000000"]);

/** Passes requests on to a server, and writes them down in the order of their arrival. */
export class RecordingProxy {
  readonly requests: RecordedRequest[] = [];
  readonly #target: URL;
  readonly #server: Server;

  private constructor(target: string) {
    this.#target = new URL(target);
    this.#server = createServer((request, response) => {
      this.#pass(request, response).catch(() => response.destroy());
    });
  }

  static async start(target: string): Promise<RecordingProxy> {
    const proxy = new RecordingProxy(target);
    proxy.#server.listen(0, "127.0.0.1");
    await once(proxy.#server, "listening");
    return proxy;
  }

  get url(): string {
    const { address, port } = this.#server.address() as AddressInfo;
    return `http://${address}:${port}`;
  }

  async close(): Promise<void> {
    const closed = once(this.#server, "close");
    this.#server.close();
    this.#server.closeAllConnections();
    await closed;
  }

  async #pass(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const text = await readText(request);
    const { method = "GET", url = "/", headers } = request;
    const index = this.requests.push({
      method,
      path: normalPath(url),
      headers: normalHeaders(headers),
      body: normalBody(text),
      status: 0,
    });
    const { hostname, port } = this.#target;
    // The server makes addresses of what it is called, so that all of them lead here again.
    const onward = send({ hostname, port, method, path: url, headers });
    response.on("close", () => onward.destroy());
    onward.end(text);
    const [answer] = (await once(onward, "response")) as [IncomingMessage];
    const recorded = this.requests[index - 1];
    if (recorded) this.requests[index - 1] = { ...recorded, status: answer.statusCode ?? 0 };
    response.writeHead(answer.statusCode ?? 502, answer.headers);
    answer.pipe(response);
  }
}

function normalPath(url: string): string {
  const { pathname, searchParams } = new URL(url, "http://localhost");
  searchParams.sort();
  const query = searchParams.size > 0 ? `?${searchParams.toString()}` : "";
  return `${pathname}${query}`.replaceAll(UUID, "<session>");
}

function normalHeaders(headers: IncomingMessage["headers"]): Readonly<Record<string, string>> {
  const kept = Object.entries(headers).filter(([name]) => !HOP_BY_HOP.has(name));
  const normal = kept.map(([name, value]) => [name, normalHeader(name, String(value))] as const);
  return Object.fromEntries(normal.sort(([one], [other]) => (one < other ? -1 : 1)));
}

function normalHeader(name: string, value: string): string {
  if (name === "authorization") return `${value.split(" ")[0] ?? ""} <${kindOf(tokenOf(value) ?? "")}>`;
  if (name !== "user-agent") return value;
  // Which build of which client it is.
  const agent = JSON.parse(value) as Readonly<Record<string, unknown>>;
  return JSON.stringify({ ...agent, build_version: "*", build_commit_sha: "*" });
}

function kindOf(token: string): string {
  if (token.startsWith("ghp_")) return "GitHub token";
  const [, payload] = token.split(".");
  if (payload === undefined) return "registration token";
  const claims = JSON.parse(Buffer.from(payload, "base64url").toString()) as Readonly<
    Record<string, unknown>
  >;
  return "sub" in claims ? "session token" : "administrator's token";
}

function normalBody(text: string): unknown {
  const body = parseJSON(text.replaceAll(/127\.0\.0\.1:\d+/g, "<host>")) ?? null;
  if (typeof body !== "object" || body === null || Array.isArray(body)) return body;
  const present = Object.entries(body).filter(([, value]) => !GO_ABSENT.has(String(value)));
  return Object.fromEntries(present.sort(([one], [other]) => (one < other ? -1 : 1)));
}
