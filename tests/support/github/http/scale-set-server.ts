import { randomUUID } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import { groupsOf } from "../routes/runner-group-routes.ts";
import type { RouteName, World } from "../routes/route.ts";
import { encodeJITConfig } from "../runner-protocol/jit-config.ts";
import { RUNNER_SERVICE, type RunnerProtocolOptions } from "../runner-protocol/runner-protocol.ts";
import { viewRunner } from "../state/runner-record.ts";
import type { ScaleSetRecord, SessionRecord } from "../state/scale-set-record.ts";
import type { Scope } from "../state/scope.ts";
import type { APIServer } from "./api-server.ts";
import { tokenOf } from "./callers.ts";
import { parseJSON, readText } from "./read-body.ts";

const QUEUE = "/_services/queue/";
const APIS = `${RUNNER_SERVICE}_apis/`;
const API_VERSION = "6.0-preview";

/** A request, read. */
interface Visit {
  readonly method: string;
  /** Below {@link APIS} or {@link QUEUE}. */
  readonly words: readonly string[];
  readonly query: URLSearchParams;
  readonly headers: IncomingMessage["headers"];
  readonly body: unknown;
  readonly origin: string;
  readonly hungUp: AbortSignal;
}

interface Reply {
  readonly status: number;
  readonly body?: unknown;
}

/** An error of the service, by its type. */
class ServiceError extends Error {
  readonly status: number;
  readonly typeName: string | undefined;

  constructor(status: number, message: string, typeName?: string) {
    super(message);
    this.status = status;
    this.typeName = typeName;
  }
}

/**
 * The protocol of runner scale sets: groups, scale sets, sessions, the long poll for messages, their acknowledgement, jobs to
 * acquire, just-in-time runners. What GitHub's own client sends is asked of every client.
 */
export class ScaleSetServer {
  readonly #world: World;
  readonly #api: APIServer;
  readonly #pollMs: number;
  readonly #closing = new AbortController();

  constructor(world: World, api: APIServer, { pollMs = 50_000 }: RunnerProtocolOptions) {
    this.#world = world;
    this.#api = api;
    this.#pollMs = pollMs;
  }

  close(): void {
    this.#closing.abort();
  }

  serves(path: string): boolean {
    return path.startsWith(APIS) || path.startsWith(QUEUE);
  }

  async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const visit = await read(request, response);
    const route = routeOf(visit);
    const [, , scaleSet] = visit.words;
    const fault = route && this.#api.faults.take(route, 1, Number(scaleSet))?.fault;
    const reset = () => response.socket?.resetAndDestroy();
    let reply: Reply;
    if (fault?.kind === "reset-before") {
      reset();
      return;
    }
    if (fault?.kind === "status" && fault.afterEffect !== true) {
      reply = { status: fault.status, body: { message: fault.message ?? "Server Error" } };
    } else {
      reply = await this.#reply(visit, route).catch(failureReply);
      if (fault?.kind === "status")
        reply = { status: fault.status, body: { message: fault.message ?? "Server Error" } };
    }
    const { method, body } = visit;
    const at = this.#world.service.clock.now();
    const userAgent = request.headers["user-agent"];
    const path = request.url ?? "";
    this.#api.requests.push({ at, method, path, route, body, status: reply.status, userAgent });
    if (fault?.kind === "reset-after") reset();
    else this.#send(reply, response, fault?.kind === "html");
    this.#world.service.changes.announce();
  }

  #send({ status, body }: Reply, response: ServerResponse, isPage: boolean): void {
    if (response.destroyed) return;
    const mark = this.#world.scaleSets.knobs.byteOrderMark ? "\u{FEFF}" : "";
    const headers = {
      "content-type": isPage ? "text/html" : "application/json; charset=utf-8",
      activityid: randomUUID(),
      "x-github-request-id": randomUUID(),
    };
    const text = isPage ? "<html>Unicorn!</html>" : body === undefined ? "" : mark + JSON.stringify(body);
    response.writeHead(isPage ? 502 : status, headers).end(text);
  }

  async #reply(visit: Visit, route: RouteName | undefined): Promise<Reply> {
    const { query, headers } = visit;
    if (headers["user-agent"] === undefined) throw new ServiceError(400, "A User-Agent header is required.");
    if (route === "scale-set-messages") return this.#poll(visit);
    if (route === "scale-set-acknowledge") return this.#acknowledge(visit);
    if (query.get("api-version") !== API_VERSION)
      throw new ServiceError(400, "No api-version was specified.");
    if (route === "scale-set-acquire") return this.#acquire(visit);
    const scope = this.#admin(visit);
    // eslint-disable-next-line @typescript-eslint/switch-exhaustiveness-check -- other routes are those of the REST API
    switch (route) {
      case "scale-set-groups":
        return this.#groups(visit, scope);
      case "scale-sets":
        return this.#scaleSets(visit, scope);
      case "scale-set-sessions":
        return this.#sessions(visit, scope);
      case "scale-set-jitconfig":
        return this.#jitConfig(visit, scope);
      case "scale-set-agents":
        return this.#agents(visit, scope);
      default:
        throw new ServiceError(404, "The controller for the path was not found.");
    }
  }

  #admin({ headers }: Visit): Scope {
    const grant = this.#world.callers.runnerTokens.find(tokenOf(headers.authorization) ?? "");
    if (grant?.use !== "register" || !headers.authorization?.startsWith("Bearer "))
      throw new ServiceError(401, "The token is not authorized.");
    return grant.scope;
  }

  #groups({ query }: Visit, scope: Scope): Reply {
    const name = query.get("groupName")?.toLowerCase();
    const value = groupsOf(scope)
      .filter((group) => group.name.toLowerCase() === name)
      .map((group) => ({ id: group.id, name: group.name, size: 0, isDefaultGroup: group.default }));
    return list(value);
  }

  #scaleSets({ method, words, query, body }: Visit, scope: Scope): Reply {
    const { scaleSets } = this.#world;
    const [, , id] = words;
    if (id === undefined) {
      if (method === "POST") return this.#create(body, scope);
      const found = scaleSets.find(scope, Number(query.get("runnerGroupId")), query.get("name") ?? "");
      return list(found ? [this.#describe(found)] : []);
    }
    const set = this.#set(id, scope);
    if (method === "DELETE") {
      scaleSets.delete(set);
      return { status: 204 };
    }
    if (method === "PATCH") {
      const { name = set.name, runnerGroupId = set.groupId, labels } = body as Partial<ScaleSetBody>;
      const differ = labels?.some((label) => !set.labels.includes(label.name)) ?? false;
      if (differ) throw new ServiceError(400, "The labels of a runner scale set cannot be changed.");
      Object.assign(set, { name, groupId: runnerGroupId });
    }
    return { status: 200, body: this.#describe(set) };
  }

  #create(body: unknown, scope: Scope): Reply {
    const { name, runnerGroupId, labels = [], RunnerSetting } = body as ScaleSetBody;
    if (!groupsOf(scope).some((group) => group.id === runnerGroupId))
      throw new ServiceError(404, "The runner group does not exist.");
    if (labels.length === 0 || labels.some(({ type }) => type !== "System"))
      throw new ServiceError(400, "A runner scale set needs labels of type System.");
    const { severalLabels } = this.#world.scaleSets.knobs;
    if (severalLabels === "refused" && labels.length > 1)
      throw new ServiceError(400, "A runner scale set has one label.");
    const taken = severalLabels === "first" ? labels.slice(0, 1) : labels;
    const request = { scope, name, groupId: runnerGroupId, labels: taken.map((label) => label.name) };
    const set = this.#world.scaleSets.create({
      ...request,
      disableUpdate: RunnerSetting.disableUpdate ?? false,
    });
    if (!set)
      throw ofRuntime(409, `The runner scale set ${name} already exists.`, "RunnerScaleSetExistsException");
    return { status: 200, body: this.#describe(set) };
  }

  #sessions({ method, words, body, origin }: Visit, scope: Scope): Reply {
    const { scaleSets } = this.#world;
    const set = this.#set(words[2] ?? "", scope);
    const id = words[4];
    if (method === "POST") {
      const { ownerName } = body as { readonly ownerName: string };
      const session = scaleSets.openSession(set, ownerName);
      if (!session) {
        const message = `The actions runner scaleset ${set.name} already has an active session.`;
        throw ofRuntime(409, message, "RunnerScaleSetSessionConflictException");
      }
      const isWhole = !scaleSets.takeFault("no-queue");
      return { status: 200, body: this.#describeSession(set, session, isWhole ? origin : undefined) };
    }
    const { session } = set;
    if (session?.id !== id || !session) throw new ServiceError(404, "The session does not exist.");
    if (method === "DELETE") {
      scaleSets.closeSession(set);
      return { status: 204 };
    }
    scaleSets.refreshSession(set);
    return { status: 200, body: this.#describeSession(set, session, origin) };
  }

  async #poll(visit: Visit): Promise<Reply> {
    const { query, headers, hungUp } = visit;
    const { service, scaleSets } = this.#world;
    const capacity = Number(headers["x-scalesetmaxcapacity"]);
    if (!Number.isInteger(capacity) || capacity < 0)
      throw new ServiceError(400, "X-ScaleSetMaxCapacity is required.");
    if (!headers.accept?.includes(`api-version=${API_VERSION}`))
      throw new ServiceError(400, "No api-version was accepted.");
    const { set, session } = this.#queue(visit);
    if (scaleSets.takeFault("empty-body")) return { status: 200 };
    const ends = scaleSets.takeFault("token-expires");
    scaleSets.announce(set, capacity);
    const last = Number(query.get("lastMessageId") ?? 0);
    const timer = AbortSignal.timeout(this.#pollMs);
    const signal = AbortSignal.any([hungUp, this.#closing.signal, timer]);
    session.openPolls += 1;
    service.changes.announce();
    try {
      return await service.changes.until(() => {
        if (ends) session.token = "";
        if (session.token === "" || session.tokenExpiresAt <= service.clock.now())
          throw new ServiceError(401, "The token has expired.");
        if (set.session !== session) throw new ServiceError(404, "The session does not exist.");
        return this.#batch(set, last);
      }, signal);
    } catch (thrown) {
      if (!signal.aborted) throw thrown;
      return { status: 202 };
    } finally {
      session.openPolls -= 1;
      session.lastContact = service.clock.now();
      service.changes.announce();
    }
  }

  #batch(set: ScaleSetRecord, last: number): Reply | undefined {
    const batch = this.#world.scaleSets.nextBatch(set, last);
    if (!batch) return undefined;
    const { id, items, statistics } = batch;
    const body = {
      messageId: id,
      messageType: "RunnerScaleSetJobMessages",
      body: JSON.stringify(items),
      statistics,
    };
    return { status: 200, body };
  }

  #acknowledge(visit: Visit): Reply {
    const { set } = this.#queue(visit);
    this.#world.scaleSets.acknowledge(set, Number(visit.words[1]));
    return { status: 204 };
  }

  #acquire(visit: Visit): Reply {
    const set = this.#world.scaleSets.all.get(Number(visit.words[2]));
    if (tokenOf(visit.headers.authorization) !== set?.session?.token || !set)
      throw new ServiceError(401, "The token is not that of the session.");
    const ids = this.#world.scaleSets.acquire(set, visit.body as readonly number[]);
    return list(ids);
  }

  async #jitConfig({ words, body, origin }: Visit, scope: Scope): Promise<Reply> {
    const { service, instants } = this.#world;
    const set = this.#set(words[2] ?? "", scope);
    const { name, workFolder } = body as { readonly name: string; readonly workFolder: string };
    const { groupId, labels, id: scaleSetId } = set;
    const runner = service.register({
      scope,
      name,
      groupId,
      labels,
      ephemeral: true,
      workFolder,
      scaleSetId,
    });
    if (!runner) {
      const message = `The runner ${name} already exists in the pool.`;
      throw new ServiceError(409, message, ofTasks("TaskAgentExistsException"));
    }
    await instants.emit("after-register", viewRunner(runner));
    return {
      status: 200,
      body: { runner: agentOf(runner), encodedJITConfig: encodeJITConfig(runner, origin) },
    };
  }

  async #agents({ method, words, query }: Visit, scope: Scope): Promise<Reply> {
    const { service, instants } = this.#world;
    const id = words[4];
    const all = [...service.runners.values()].filter((runner) => runner.scope === scope);
    if (id === undefined) return list(all.filter(({ name }) => name === query.get("agentName")).map(agentOf));
    const runner = all.find((candidate) => candidate.id === Number(id));
    if (!runner)
      throw new ServiceError(404, `The agent ${id} was not found.`, ofTasks("TaskAgentNotFoundException"));
    if (method === "GET") return { status: 200, body: agentOf(runner) };
    await instants.emit("before-delete", viewRunner(runner));
    if (service.remove(runner) === "busy") {
      const message = `The job of the runner ${runner.name} is still running.`;
      throw new ServiceError(400, message, ofTasks("TaskAgentJobStillRunningException"));
    }
    await instants.emit("after-delete", viewRunner(runner));
    return { status: 204 };
  }

  #set(id: string, scope: Scope): ScaleSetRecord {
    const set = this.#world.scaleSets.all.get(Number(id));
    if (set?.scope !== scope)
      throw ofRuntime(
        404,
        `No runner scale set found with identifier ${id}.`,
        "RunnerScaleSetNotFoundException",
      );
    return set;
  }

  #queue({ words, query, headers }: Visit): {
    readonly set: ScaleSetRecord;
    readonly session: SessionRecord;
  } {
    const set = this.#world.scaleSets.all.get(Number(words[0]));
    const session = set?.session;
    if (set === undefined || session?.id !== (query.get("sessionId") ?? ""))
      throw new ServiceError(404, "The session does not exist.");
    const isFresh = session.tokenExpiresAt > this.#world.service.clock.now();
    if (!isFresh || tokenOf(headers.authorization) !== session.token)
      throw new ServiceError(401, "The token of the session has expired.");
    return { set, session };
  }

  #describe(set: ScaleSetRecord) {
    const { id, name, groupId, labels, disableUpdate, createdAt, scope } = set;
    return {
      id,
      name,
      runnerGroupId: groupId,
      runnerGroupName: groupsOf(scope).find((group) => group.id === groupId)?.name,
      labels: labels.map((label) => ({ type: "System", name: label })),
      RunnerSetting: { disableUpdate },
      createdOn: new Date(createdAt).toISOString(),
      statistics: this.#world.scaleSets.statistics(set),
    };
  }

  /** @param origin undefined: without a queue, as GitHub has been seen to answer. */
  #describeSession(set: ScaleSetRecord, session: SessionRecord, origin: string | undefined) {
    return {
      sessionId: session.id,
      ownerName: session.ownerName,
      runnerScaleSet: this.#describe(set),
      messageQueueUrl: origin === undefined ? "" : `${origin}${QUEUE}${set.id}?sessionId=${session.id}`,
      messageQueueAccessToken: origin === undefined ? "" : session.token,
      statistics: this.#world.scaleSets.statistics(set),
    };
  }
}

interface ScaleSetBody {
  readonly name: string;
  readonly runnerGroupId: number;
  readonly labels?: readonly { readonly type: string; readonly name: string }[];
  readonly RunnerSetting: { readonly disableUpdate?: boolean };
}

async function read(request: IncomingMessage, response: ServerResponse): Promise<Visit> {
  const origin = `http://${request.headers.host ?? "localhost"}`;
  const { pathname, searchParams } = new URL(request.url ?? "/", origin);
  const base = pathname.startsWith(QUEUE) ? QUEUE : APIS;
  const hungUp = new AbortController();
  response.on("close", () => {
    hungUp.abort();
  });
  return {
    method: request.method ?? "GET",
    words: pathname
      .slice(base.length)
      .split("/")
      .filter((word) => word !== ""),
    query: searchParams,
    headers: request.headers,
    body: parseJSON(await readText(request)),
    origin,
    hungUp: hungUp.signal,
  };
}

/** By the words of the path: those of the queue begin with the number of the scale set. */
function routeOf({ method, words }: Visit): RouteName | undefined {
  const shape = `${method} ${words.map((word) => (/^\d+$|^[0-9a-f-]{36}$/.test(word) ? "*" : word)).join("/")}`;
  const routes: Readonly<Record<string, RouteName>> = {
    "GET *": "scale-set-messages",
    "DELETE */*": "scale-set-acknowledge",
    "GET runtime/runnergroups": "scale-set-groups",
    "GET runtime/runnerscalesets": "scale-sets",
    "POST runtime/runnerscalesets": "scale-sets",
    "GET runtime/runnerscalesets/*": "scale-sets",
    "PATCH runtime/runnerscalesets/*": "scale-sets",
    "DELETE runtime/runnerscalesets/*": "scale-sets",
    "POST runtime/runnerscalesets/*/sessions": "scale-set-sessions",
    "PATCH runtime/runnerscalesets/*/sessions/*": "scale-set-sessions",
    "DELETE runtime/runnerscalesets/*/sessions/*": "scale-set-sessions",
    "POST runtime/runnerscalesets/*/acquirejobs": "scale-set-acquire",
    "POST runtime/runnerscalesets/*/generatejitconfig": "scale-set-jitconfig",
    "GET distributedtask/pools/*/agents": "scale-set-agents",
    "GET distributedtask/pools/*/agents/*": "scale-set-agents",
    "DELETE distributedtask/pools/*/agents/*": "scale-set-agents",
  };
  return routes[shape];
}

function list(value: readonly unknown[]): Reply {
  return { status: 200, body: { count: value.length, value } };
}

function agentOf({ id, name, scaleSetId }: { id: number; name: string; scaleSetId?: number }) {
  return { id, name, runnerScaleSetId: scaleSetId ?? 0 };
}

function ofTasks(name: string): string {
  return `GitHub.DistributedTask.WebApi.${name}, GitHub.DistributedTask.WebApi`;
}

function ofRuntime(status: number, message: string, name: string): ServiceError {
  return new ServiceError(
    status,
    message,
    `GitHub.Actions.Runtime.WebApi.${name}, GitHub.Actions.Runtime.WebApi`,
  );
}

function failureReply(thrown: unknown): Reply {
  if (!(thrown instanceof ServiceError)) throw thrown;
  const { status, message, typeName } = thrown;
  const body = { $id: "1", innerException: null, message, typeName, errorCode: 0, eventId: 3000 };
  return { status, body };
}
