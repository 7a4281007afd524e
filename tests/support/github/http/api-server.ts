import { createHash, randomBytes } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import { matchRoute } from "../routes/route-table.ts";
import type { RouteMatch } from "../routes/route-table.ts";
import { failure } from "../routes/route.ts";
import type { Answer, Call, World } from "../routes/route.ts";
import { scopeOf } from "../state/scope.ts";
import type { Scope } from "../state/scope.ts";
import { ExchangeValidator } from "../validation/exchange-validator.ts";
import type { OperationKey } from "../validation/exchange-validator.ts";
import type { Violation } from "../validation/violation.ts";
import { isAllowed, tokenOf } from "./callers.ts";
import type { Caller } from "./callers.ts";
import { faultAnswer, primaryRateLimit } from "./fault-answers.ts";
import { Faults } from "./faults.ts";
import type { FaultKind, StrikingFault } from "./faults.ts";
import { ListView } from "./list-view.ts";
import { parseJSON, readText } from "./read-body.ts";
import { RenamedRepositories } from "./renamed-repositories.ts";
import type { LoggedRequest } from "./request-log.ts";

/** The API's prefix on a server of GitHub Enterprise; clients use it for every host that is not GitHub's own. */
const PREFIX = "/api/v3";

/** A request as it came. */
interface Arrival {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly authorization: string | undefined;
  readonly userAgent: string | undefined;
  readonly ifNoneMatch: string | undefined;
  readonly apiURL: string;
  readonly origin: string;
  readonly text: string;
}

/** An answer and what is to be done to it on its way. */
interface Outcome {
  readonly answer: Answer;
  readonly caller?: Caller;
  readonly fault?: FaultKind | undefined;
}

/** Of all servers of a process: it reads 26 MB of descriptions, and compiles those of the operations that are used. */
const VALIDATOR = new ExchangeValidator();

/** GitHub's REST API: who may call, how often, what goes wrong, and that all of it is as GitHub's description says. */
export class APIServer {
  readonly faults = new Faults();
  readonly requests: LoggedRequest[] = [];
  readonly violations: Violation[] = [];
  /** Scopes that callers do not see. */
  readonly hidden = new Set<Scope>();
  readonly renamed = new RenamedRepositories();
  readonly #world: World;

  constructor(world: World) {
    this.#world = world;
  }

  /** Forgets faults, requests, violations and what was hidden. */
  reset(): void {
    this.faults.clear();
    this.requests.length = 0;
    this.violations.length = 0;
    this.hidden.clear();
    this.renamed.clear();
  }

  /** Answers a request on one of GitHub's paths. */
  async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const arrived = await arrive(request);
    const arrival = { ...arrived, path: this.renamed.presentPath(arrived.path) };
    const match = matchRoute(arrival.method, arrival.path);
    const outcome = match ? await this.#outcome(arrival, match) : this.#unknownPath(arrival);
    const status = await this.#send(outcome, arrival, response);
    const { method, query, path, userAgent } = arrival;
    const fullPath = query.size > 0 ? `${path}?${query.toString()}` : path;
    const body = tolerantJSON(arrival.text);
    const at = this.#world.service.clock.now();
    this.requests.push({ at, method, path: fullPath, route: match?.route.name, body, status, userAgent });
    this.#world.service.changes.announce();
  }

  async #outcome(arrival: Arrival, match: RouteMatch): Promise<Outcome> {
    const { route } = match;
    if (arrival.userAgent === undefined) return { answer: failure(403, NO_USER_AGENT) };
    const caller = this.#identify(arrival, match);
    if (!caller) return { answer: failure(401, "Bad credentials") };
    const redirect = this.renamed.redirect(arrival);
    if (redirect) return { answer: redirect, caller };
    const { rateLimits, service } = this.#world;
    const free = route.name === "rate-limit" || route.proof !== undefined;
    if (!free && !rateLimits.take(caller.token)) return { answer: primaryRateLimit(403), caller };
    const strike = this.faults.take(route.name, Number(arrival.query.get("page") ?? 1));
    const instead = strike && faultAnswer(strike.fault, service.clock.now());
    const happensFirst = strike?.fault.kind === "status" && strike.fault.afterEffect === true;
    if (
      strike?.fault.kind === "reset-before" ||
      strike?.fault.kind === "html" ||
      (instead && !happensFirst)
    ) {
      return { answer: instead ?? { status: 0 }, caller, fault: strike.fault };
    }
    const answer = await this.#handle(arrival, match, caller, strike);
    return { answer: instead ?? answer, caller, fault: strike?.fault };
  }

  #identify({ authorization }: Arrival, { route }: RouteMatch): Caller | undefined {
    const { callers } = this.#world;
    if (route.proof === "app") return callers.findApp(authorization);
    if (route.proof !== "none") return callers.find(authorization);
    return { token: tokenOf(authorization) ?? "", scopes: undefined, permissions: undefined, app: undefined };
  }

  async #handle(
    arrival: Arrival,
    match: RouteMatch,
    caller: Caller,
    strike: StrikingFault | undefined,
  ): Promise<Answer> {
    const { route, parameters } = match;
    const key = operationKey(match);
    let body: unknown;
    try {
      body = parseJSON(arrival.text);
    } catch {
      return this.#violated({ direction: "request", ...arrival, errors: ["body: is not JSON"] });
    }
    const errors = key ? VALIDATOR.request(key, { parameters, query: arrival.query, body }) : [];
    if (errors.length > 0) return this.#violated({ direction: "request", ...arrival, errors });
    const scope = scopeOf(parameters);
    if (this.hidden.has(scope)) return failure(404, "Not Found");
    if (route.permission && !isAllowed(caller, route.permission))
      return failure(403, missingPermission(caller));
    const { apiURL, origin, path, query } = arrival;
    await this.#world.instants.emit("request", { route: route.name, path });
    const listView = new ListView(strike?.fault, strike?.stale ?? []);
    const request = { world: this.#world, route, apiURL, origin, path, query };
    return route.handle({ ...request, parameters, scope, caller, body, listView } satisfies Call);
  }

  #unknownPath(arrival: Arrival): Outcome {
    const errors = ["path: the stand-in serves no such operation of GitHub's"];
    return { answer: this.#violated({ direction: "request", ...arrival, errors }) };
  }

  /** @returns the status that went out, 0 for a reset. */
  async #send(outcome: Outcome, arrival: Arrival, response: ServerResponse): Promise<number> {
    const { fault, caller } = outcome;
    if (fault?.kind === "slow") await this.#pause(fault.delayMs);
    if (fault?.kind === "reset-before" || fault?.kind === "reset-after") {
      response.socket?.resetAndDestroy();
      return 0;
    }
    if (fault?.kind === "html") {
      response
        .writeHead(fault.status, { "content-type": "text/html" })
        .end("<html><body>Unicorn!</body></html>");
      return fault.status;
    }
    const answer = this.#checked(this.#conditional(outcome, arrival), arrival);
    const payload = answer.body === undefined ? undefined : Buffer.from(JSON.stringify(answer.body));
    const ownHeaders = { ...this.#headers(arrival, caller), ...(payload ? JSON_TYPE : {}) };
    response.writeHead(answer.status, { ...ownHeaders, ...answer.headers });
    if (fault?.kind === "truncated" && payload) {
      response.write(payload.subarray(0, payload.length / 2), () => response.socket?.destroy());
    } else response.end(payload);
    return answer.status;
  }

  /** Adds the entity tag of a body, and answers 304 to a caller that has it; such an answer costs nothing. */
  #conditional({ answer, caller }: Outcome, { method, ifNoneMatch }: Arrival): Answer {
    if (method !== "GET" || answer.status !== 200 || answer.body === undefined) return answer;
    const hash = createHash("sha256").update(`${caller?.token ?? ""}\n${JSON.stringify(answer.body)}`);
    const etag = `W/"${hash.digest("hex")}"`;
    const headers = { ...answer.headers, etag };
    if (ifNoneMatch !== etag) return { ...answer, headers };
    if (caller) this.#world.rateLimits.giveBack(caller.token);
    return { status: 304, headers: { etag } };
  }

  #checked(answer: Answer, arrival: Arrival): Answer {
    const match = matchRoute(arrival.method, arrival.path);
    const key = match && operationKey(match);
    if (!key || isViolation(answer)) return answer;
    const errors = VALIDATOR.response(key, answer.status, answer.body);
    if (errors.length === 0) return answer;
    return this.#violated({ direction: "response", ...arrival, status: answer.status, errors });
  }

  #violated({ direction, method, path, status, errors }: Violation): Answer {
    const violation = { direction, method, path, errors, ...(status === undefined ? {} : { status }) };
    this.violations.push(violation);
    return failureWithViolation(violation);
  }

  #headers({ apiURL }: Arrival, caller: Caller | undefined): Record<string, string> {
    return {
      "x-github-request-id": requestId(),
      "x-github-media-type": "github.v3; format=json",
      "x-github-api-version-selected": "2022-11-28",
      ...(apiURL.endsWith(PREFIX) ? { "x-github-enterprise-version": "3.19.0" } : {}),
      ...(caller ? this.#world.rateLimits.headers(caller.token) : {}),
      ...(caller?.scopes ? { "x-oauth-scopes": caller.scopes.join(", ") } : {}),
    };
  }

  #pause(delayMs: number): Promise<void> {
    return new Promise((resolve) => this.#world.service.clock.schedule(delayMs, resolve));
  }
}

async function arrive(request: IncomingMessage): Promise<Arrival> {
  const { authorization, host = "localhost", "user-agent": userAgent } = request.headers;
  const origin = `http://${host}`;
  const { pathname, searchParams } = new URL(request.url ?? "/", origin);
  const prefixed = pathname === PREFIX || pathname.startsWith(`${PREFIX}/`);
  return {
    method: request.method ?? "GET",
    path: prefixed ? pathname.slice(PREFIX.length) : pathname,
    query: searchParams,
    authorization,
    userAgent,
    ifNoneMatch: request.headers["if-none-match"],
    origin,
    apiURL: prefixed ? `${origin}${PREFIX}` : origin,
    text: await readText(request),
  };
}

function operationKey({ route }: RouteMatch): OperationKey | undefined {
  const { description, method, template } = route;
  return description === undefined ? undefined : { description, method, template };
}

function missingPermission({ scopes }: Caller): string {
  return scopes ? "Must have admin rights." : "Resource not accessible by integration";
}

const NO_USER_AGENT =
  "Request forbidden by administrative rules. Please make sure your request has a User-Agent header.";
const JSON_TYPE = { "content-type": "application/json; charset=utf-8" };
const VIOLATION = "The exchange is not as GitHub's description says";

function failureWithViolation(violation: Violation): Answer {
  return { status: 500, body: { message: VIOLATION, violation } };
}

function isViolation({ body }: Answer): boolean {
  return typeof body === "object" && body !== null && "violation" in body;
}

function tolerantJSON(text: string): unknown {
  try {
    return parseJSON(text);
  } catch {
    return text;
  }
}

function requestId(): string {
  return randomBytes(16)
    .toString("hex")
    .toUpperCase()
    .replace(/(.{4})(.{4})/, "$1:$2:");
}
