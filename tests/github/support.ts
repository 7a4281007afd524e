import { promisify } from "node:util";
import { once } from "node:events";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { createGithubClient, type GithubClientOptions } from "../../src/github/create-github-client.ts";
import type { GithubForge } from "../../src/github/github-forge.ts";
import { parseGithubPath } from "../../src/github/path.ts";
import type { RunnerRegistration } from "../../src/runners/ports.ts";
import { silentLogger, Secret } from "charm-kit";

/** Looks like a real one, so that leaks of it are found. */
export const TOKEN = "ghp_q7JX2mZ0tVw4Rk9sLbYc1uEaNfDgHiPo3S5x";
export const never = new AbortController().signal;

export interface SeenRequest {
  readonly method: string;
  /** Path without the query. */
  readonly path: string;
  readonly query: Readonly<Record<string, string>>;
  readonly headers: IncomingMessage["headers"];
  readonly body: unknown;
  /** `performance.now()` at its arrival. */
  readonly at: number;
}

export type Answer = (response: ServerResponse, request: SeenRequest) => void;

/** A real HTTP server whose answers are given route by route; a route without one answers 404, as GitHub does. */
export class StubGithub {
  readonly requests: SeenRequest[] = [];
  readonly #answers = new Map<string, Answer[]>();
  readonly #server: Server;

  constructor() {
    this.#server = createServer((request, response) => void this.#serve(request, response));
  }

  /** Forgets requests and answers. */
  reset(): void {
    this.requests.length = 0;
    this.#answers.clear();
  }

  async listen(): Promise<void> {
    this.#server.listen(0, "127.0.0.1");
    await once(this.#server, "listening");
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, "close");
  }

  /** Number of open connections. */
  connections(): Promise<number> {
    return promisify(this.#server.getConnections.bind(this.#server))();
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** Answers a route in turn; the last answer stays. @param route such as `GET /repos/o/r/actions/runners`. */
  on(route: string, ...answers: readonly Answer[]): this {
    this.#answers.set(route, [...answers]);
    return this;
  }

  /** Requests of a route, in the order of their arrival. */
  seen(route: string): SeenRequest[] {
    return this.requests.filter(({ method, path }) => `${method} ${path}` === route);
  }

  async #serve(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of incoming) chunks.push(chunk as Buffer);
    const text = Buffer.concat(chunks).toString();
    const url = new URL(incoming.url ?? "", "http://stub");
    const request: SeenRequest = {
      method: incoming.method ?? "",
      path: url.pathname.replace("/api/v3", ""),
      query: Object.fromEntries(url.searchParams),
      headers: incoming.headers,
      body: text === "" ? undefined : JSON.parse(text),
      at: performance.now(),
    };
    this.requests.push(request);
    const answers = this.#answers.get(`${request.method} ${request.path}`) ?? [
      json(404, { message: "Not Found" }),
    ];
    const answer = answers.length > 1 ? answers.shift() : answers[0];
    answer?.(response, request);
  }
}

/** Gives each test of the surrounding suite a listening stub without requests and answers. Call inside `describe`. */
export function useStubGithub(): StubGithub {
  const github = new StubGithub();
  beforeEach(() => {
    github.reset();
    return github.listen();
  });
  afterEach(() => github.close());
  return github;
}

export function json(status: number, body: unknown, headers: Record<string, string> = {}): Answer {
  return (response) => {
    response.writeHead(status, {
      "content-type": "application/json; charset=utf-8",
      "x-github-request-id": "C0DE:1234",
      ...headers,
    });
    response.end(JSON.stringify(body));
  };
}

export function raw(status: number, body: string, headers: Record<string, string> = {}): Answer {
  return (response) => {
    response.writeHead(status, headers);
    response.end(body);
  };
}

export const empty =
  (status: number, headers: Record<string, string> = {}): Answer =>
  (response) => {
    response.writeHead(status, headers);
    response.end();
  };

/** Takes the connection away without an answer. */
export const reset: Answer = (response) => {
  response.socket?.resetAndDestroy();
};

/** Never answers. */
export const silent: Answer = () => undefined;

/** A runner as GitHub lists it. */
export function runner(id: number, change: Record<string, unknown> = {}): Record<string, unknown> {
  const labels = [{ id: 1, name: "self-hosted", type: "read-only" }];
  return {
    id,
    name: `app-0-${id}`,
    os: "linux",
    status: "online",
    busy: false,
    labels,
    ephemeral: true,
    ...change,
  };
}

/** A page of the list of runners. */
export function page(
  runners: unknown[],
  options: { total?: number; next?: boolean; etag?: string } = {},
): Answer {
  const { total = runners.length, next = false, etag } = options;
  return json(
    200,
    { total_count: total, runners },
    {
      ...(next
        ? { link: '<http://other.invalid/runners?page=2>; rel="next", <http://other.invalid/>; rel="last"' }
        : {}),
      ...(etag === undefined ? {} : { etag }),
    },
  );
}

/** Answers by the `page` of the query. */
export function pages(...answers: Answer[]): Answer {
  return (response, request) => {
    answers[Number(request.query["page"] ?? "1") - 1]?.(response, request);
  };
}

export const registered = (id: number): Answer =>
  json(201, {
    runner: runner(id, { status: "offline", os: "unknown" }),
    encoded_jit_config: "aml0LWNvbmZpZw==",
  });

/** A registration that must be a just-in-time one. */
export async function justInTime(
  registration: Promise<RunnerRegistration>,
): Promise<RunnerRegistration & { readonly by: "just-in-time" }> {
  const made = await registration;
  if (made.by !== "just-in-time") throw new Error("The runner has to register itself");
  return made;
}

/** A client of the stub with short waits. */
export function clientOf(
  stub: StubGithub,
  change: Partial<GithubClientOptions> & { at?: string } = {},
): GithubForge {
  const { at = "octo/hello", githubUrl = stub.url, ...options } = change;
  return createGithubClient({
    path: parseGithubPath(at),
    githubUrl,
    credentials: { by: "token", token: new Secret(TOKEN) },
    log: silentLogger,
    secondMs: 5,
    deadlineMs: 30_000,
    ...options,
  });
}
