import type { IncomingMessage, ServerResponse } from "node:http";
import { tokenOf } from "../http/callers.ts";
import { parseJSON, readText } from "../http/read-body.ts";
import type { World } from "../routes/route.ts";
import { viewJob } from "../state/job-record.ts";
import type { Conclusion, JobRecord } from "../state/job-record.ts";
import type { RunnerRecord } from "../state/runner-record.ts";
import { runnerFiles } from "./jit-config.ts";
import { jobMessage } from "./job-message.ts";
import { ProtocolError } from "./protocol-error.ts";

/** Where the runner application talks to the service. */
export const RUNNER_SERVICE = "/_services/runner/";

/** How the service speaks to runner applications. */
export interface RunnerProtocolOptions {
  /** How long a poll is held open that has nothing to say. @default 50 seconds */
  readonly pollMs?: number;
  /** How often the application renews its hold on a job. @default 60 seconds */
  readonly renewSeconds?: number;
}

interface Visit {
  readonly runner: RunnerRecord;
  readonly operands: readonly string[];
  readonly query: URLSearchParams;
  readonly text: string;
  readonly origin: string;
  /** Aborted when the application hangs up. */
  readonly hungUp: AbortSignal;
}

interface Reply {
  readonly status: number;
  readonly body?: unknown;
}

/**
 * The service's side of the talk with the runner application, in the order of GitHub's and with its words, though on
 * paths of its own: session, long poll, acknowledge and acquire, renew, log, complete, end of session.
 */
export class RunnerProtocol {
  readonly #world: World;
  readonly #options: Required<RunnerProtocolOptions>;
  readonly #closing = new AbortController();

  constructor(world: World, options: RunnerProtocolOptions = {}) {
    this.#world = world;
    this.#options = { pollMs: 50_000, renewSeconds: 60, ...options };
  }

  /** Ends all polls. */
  close(): void {
    this.#closing.abort();
  }

  /** Answers a request below {@link RUNNER_SERVICE}. */
  async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { status, body } = await this.#reply(request, response).catch((thrown: unknown) => {
      if (!(thrown instanceof ProtocolError)) throw thrown;
      const { kind, status } = thrown;
      return { status, body: { source: "actions-broker-listener", errorKind: kind, statusCode: status } };
    });
    if (response.destroyed) return;
    const payload = body === undefined ? "" : JSON.stringify(body);
    // The application reads to the end of the connection.
    response.writeHead(status, { "content-type": "application/json", connection: "close" }).end(payload);
  }

  async #reply(request: IncomingMessage, response: ServerResponse): Promise<Reply> {
    const origin = `http://${request.headers.host ?? "localhost"}`;
    const { pathname, searchParams } = new URL(request.url ?? "/", origin);
    const [collection = "", ...operands] = pathname.slice(RUNNER_SERVICE.length).split("/");
    const proof = tokenOf(request.headers.authorization) ?? "";
    const text = await readText(request);
    const verb = `${request.method ?? ""} ${[collection, ...operands.slice(1)].join(" ")}`.trim();
    if (collection === "agents") return this.#agent(verb, proof, text, origin);
    const hungUp = new AbortController();
    response.on("close", () => {
      hungUp.abort();
    });
    const runner = this.#prove(proof, verb);
    const visit: Visit = { runner, operands, query: searchParams, text, origin, hungUp: hungUp.signal };
    this.#world.service.touch(runner);
    switch (verb) {
      case "POST session":
        return this.#openSession(visit);
      case "DELETE session":
        this.#world.service.disconnect(runner);
        return { status: 204 };
      case "GET message":
        return this.#message(visit);
      case "POST job acquire":
        return this.#acquire(visit);
      case "POST job renew":
        return { status: 200, body: { lockedUntil: this.#world.service.renew(this.#job(visit)) } };
      case "POST job log":
        this.#world.service.appendLog(this.#job(visit), text);
        return { status: 204 };
      case "POST job complete":
        return this.#complete(visit);
      default:
        throw new ProtocolError("BadRequest");
    }
  }

  #prove(proof: string, verb: string): RunnerRecord {
    const runner = this.#world.service.whoProves(proof);
    if (runner === "spent" && verb === "POST session") throw new ProtocolError("InvalidClient");
    if (runner === undefined) throw new ProtocolError("InvalidClient");
    if (typeof runner === "string") throw new ProtocolError("RunnerNotFound");
    return runner;
  }

  #openSession({ runner, text }: Visit): Reply {
    const { version = "", os = "" } = parseJSON(text) as { readonly version?: string; readonly os?: string };
    if (runner.fault === "version-too-old") throw new ProtocolError("RunnerVersionTooOld");
    const sessionId = this.#world.service.connect(runner, { version, os });
    if (sessionId === undefined) throw new ProtocolError("RunnerSessionConflict");
    return { status: 201, body: { sessionId, renewSeconds: this.#options.renewSeconds } };
  }

  async #message({ runner, query, hungUp }: Visit): Promise<Reply> {
    const { service } = this.#world;
    const busy = query.get("status") === "Busy";
    const signal = AbortSignal.any([hungUp, this.#closing.signal, AbortSignal.timeout(this.#options.pollMs)]);
    runner.openPolls += 1;
    try {
      return await service.changes.until(() => this.#nextMessage(runner, busy), signal);
    } catch (thrown) {
      if (!signal.aborted) throw thrown;
      return { status: 202 };
    } finally {
      runner.openPolls -= 1;
      if (service.runners.has(runner.id)) service.touch(runner);
    }
  }

  #nextMessage(runner: RunnerRecord, busy: boolean): Reply | undefined {
    const { service } = this.#world;
    if (!service.runners.has(runner.id)) throw new ProtocolError("RunnerNotFound");
    const job = runner.jobId === undefined ? undefined : service.jobs.get(runner.jobId);
    if (!job) return undefined;
    if (!busy && job.status === "queued") {
      return { status: 200, body: { messageType: "RunnerJobRequest", jobId: String(job.id) } };
    }
    const cancelled = busy && job.status === "in_progress" && job.annotation !== undefined;
    return cancelled
      ? { status: 200, body: { messageType: "JobCancellation", jobId: String(job.id) } }
      : undefined;
  }

  async #acquire(visit: Visit): Promise<Reply> {
    const job = this.#job(visit);
    if (!this.#world.service.acquire(visit.runner, job)) throw new ProtocolError("AcknowledgeJobNotFound");
    await this.#world.instants.emit("job-started", viewJob(job));
    return { status: 200, body: jobMessage(job, visit.origin) };
  }

  async #complete(visit: Visit): Promise<Reply> {
    const job = this.#job(visit);
    const { conclusion } = parseJSON(visit.text) as { readonly conclusion: Conclusion };
    this.#world.service.complete(job, conclusion);
    await this.#world.instants.emit("job-completed", viewJob(job));
    return { status: 200, body: {} };
  }

  #job({ runner, operands }: Visit): JobRecord {
    const job = this.#world.service.jobs.get(Number(operands[0]));
    if (!job || runner.jobId !== job.id) throw new ProtocolError("AcknowledgeJobNotFound");
    return job;
  }

  /** Registration and removal by `config.sh`. */
  #agent(verb: string, token: string, text: string, origin: string): Reply {
    const grant = this.#world.callers.runnerTokens.find(token);
    if (!grant) throw new ProtocolError("InvalidClient");
    const { service } = this.#world;
    const request = parseJSON(text) as {
      name: string;
      labels: string[];
      // Perl has no booleans.
      ephemeral: unknown;
      replace: unknown;
    };
    const known = [...service.runners.values()].find(
      ({ name, scope }) => name === request.name && scope === grant.scope,
    );
    if (verb === "POST agents delete" && grant.use === "remove") {
      if (known && service.remove(known) === "busy") throw new ProtocolError("RunnerSessionConflict");
      return { status: 204 };
    }
    if (verb !== "POST agents" || grant.use !== "register") throw new ProtocolError("BadRequest");
    if (known && request.replace) service.remove(known);
    const { name, labels } = request;
    const ephemeral = Boolean(request.ephemeral);
    const { scope } = grant;
    const runner = service.register({ scope, name, labels, ephemeral, groupId: 1, workFolder: "_work" });
    if (!runner) throw new ProtocolError("RunnerSessionConflict");
    return { status: 201, body: runnerFiles(runner, origin) };
  }
}
