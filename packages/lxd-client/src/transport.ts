import { Pool, type Dispatcher } from "undici";
import { existsSync } from "node:fs";
import { dirname } from "node:path";
import { systemClock, withDeadline } from "charm-kit";
import { path, type Call } from "./call.ts";
import type { Dialect } from "./dialect.ts";
import { readAnswer, refusal } from "./body.ts";
import {
  decoded,
  isFinal,
  operationId,
  outcomeOf,
  parseEnvelope,
  resultOf,
  toOperation,
  type Answer,
  type Decode,
} from "./envelope.ts";
import { explainFailure, LxdAnswerError, LxdError, LxdUnreachableError } from "./errors.ts";
import type { LxdSocket } from "./find-socket.ts";
import type { Limits } from "./limits.ts";
import { bodyOf } from "./upload.ts";
import type { Metadata, Operation, Outcome } from "./types.ts";

/** An answer whose body is not read yet; who takes it must read it to the end or destroy it. */
export type Reply = Dispatcher.ResponseData;

/** How LXD answered a request. */
export interface Answered {
  /** `refused`: with an error; `no_answer`: not at all. */
  readonly outcome: "ok" | "refused" | "no_answer";
  /** Until the head of the answer. */
  readonly seconds: number;
}

/** Something that ends with the transport. */
export interface Closable {
  close(): void;
}

const ORIGIN = "http://lxd";
const CONNECTIONS = 32;
/** Seconds; shorter than any limit in between, so that a wait that lost its daemon is noticed. */
const WAIT_SECONDS = 60;
const REACH_POLL_MS = 100;

/**
 * The way to the daemon. Every HTTP call goes through {@link Transport.query}. Waits hold a connection for long, so they
 * have a dispatcher of their own, without a bound, and never keep an ordinary call waiting. So does each WebSocket.
 */
export class Transport {
  readonly dialect: Dialect;
  readonly socketPath: string;
  readonly limits: Limits;
  readonly #calls: Pool;
  readonly #waits: Pool;
  readonly #sockets = new Set<Closable>();
  readonly #onAnswer: ((answered: Answered) => void) | undefined;
  /** The first and the last call of those that follow each other and find the daemon away. */
  #away: { readonly since: number; readonly seen: number } | undefined;

  /** @param onAnswer told of each request, but not of waits for operations, which last as long as those. */
  constructor(socket: LxdSocket, limits: Limits, onAnswer?: (answered: Answered) => void) {
    this.#onAnswer = onAnswer;
    this.dialect = socket.dialect;
    this.socketPath = socket.path;
    this.limits = limits;
    const shared = { socketPath: socket.path, headersTimeout: 0, pipelining: 1 } as const;
    this.#calls = new Pool(ORIGIN, { ...shared, connections: CONNECTIONS, bodyTimeout: limits.stalledMs });
    this.#waits = new Pool(ORIGIN, { ...shared, connections: null, bodyTimeout: 0 });
  }

  /**
   * Sends a request and resolves when the head of the answer is there. Has no limit of its own.
   *
   * @throws {@link LxdError} when LXD refuses, `LxdUnreachableError` when it cannot be reached, the signal's reason.
   */
  async query(call: Call, signal: AbortSignal, dispatcher: Dispatcher = this.#calls): Promise<Reply> {
    for (;;) {
      try {
        return await this.#send(call, signal, dispatcher);
      } catch (thrown) {
        if (!isAway(thrown, call) || !this.#mayComeBack()) throw thrown;
        await systemClock.wait(REACH_POLL_MS, signal);
      }
    }
  }

  /** Whether a daemon that was found away may be restarting. Calls that follow each other wait for it once, not each. */
  #mayComeBack(): boolean {
    // Not the time of day, which may be set back.
    const now = performance.now();
    const { reachMs } = this.limits;
    const earlier = this.#away;
    const since = earlier === undefined || now - earlier.seen > reachMs ? now : earlier.since;
    this.#away = { since, seen: now };
    return now - since < reachMs;
  }

  async #send(call: Call, signal: AbortSignal, dispatcher: Dispatcher): Promise<Reply> {
    const startedAt = systemClock.now();
    const tell = (outcome: Answered["outcome"]): void => {
      const seconds = Math.max(0, systemClock.now() - startedAt) / 1000;
      if (dispatcher !== this.#waits && !signal.aborted) this.#onAnswer?.({ outcome, seconds });
    };
    let isAnswered = false;
    try {
      const reply = await dispatcher.request({
        origin: ORIGIN,
        method: call.method,
        path: call.path,
        ...wired(call),
        signal,
      } as Dispatcher.RequestOptions);
      isAnswered = true;
      if (reply.statusCode < 500) this.#away = undefined;
      tell(reply.statusCode >= 400 ? "refused" : "ok");
      assertNotCompressed(call.action, reply);
      if (reply.statusCode >= 400) throw await refusal(call.action, reply.statusCode, reply.body);
      return reply;
    } catch (thrown) {
      if (!isAnswered) tell("no_answer");
      throw explainFailure(call.action, this, thrown);
    }
  }

  /**
   * Sends a request whose answer is a stream. The limit ends with the head of the answer; after that the signal, and a
   * minute without a byte, end the stream.
   */
  open(call: Call, signal: AbortSignal): Promise<Reply> {
    const limit = call.limitMs ?? this.limits.transferMs;
    return withDeadline(call.action, limit, signal, (inner) => this.query(call, inner));
  }

  /** Sends a request and reads its JSON answer, within the limit of a call. */
  ask(call: Call, signal: AbortSignal): Promise<Answer> {
    const limit = call.limitMs ?? this.limits.callMs;
    return withDeadline(call.action, limit, signal, (inner) => this.#exchange(call, inner));
  }

  /** Reads an object or a list; `decode` gives the answer its type. */
  async read<T>(action: string, path: string, decode: Decode<T>, signal: AbortSignal): Promise<T> {
    const { envelope } = await this.ask({ action, method: "GET", path }, signal);
    return decoded(action, decode, envelope.metadata);
  }

  /**
   * Changes something and waits until it is done, whether LXD answers at once or begins an operation: which of the two
   * differs between its versions. Aborting ends the waiting, not the operation.
   *
   * @returns what LXD tells of the result.
   * @throws `OperationError` when the operation fails, `DeadlineError` when it takes too long, and what
   *   {@link Transport.query} throws.
   */
  mutate(call: Call, signal: AbortSignal): Promise<Outcome<Metadata>> {
    const limit = call.limitMs ?? this.limits.operationMs;
    return withDeadline(call.action, limit, signal, async (inner) => {
      const { envelope } = await this.#exchange(call, inner);
      if (envelope.type === "sync") return { state: "done", value: resultOf(call.action, envelope) };
      return this.settle(call.action, operationId(call.action, envelope), inner);
    });
  }

  /**
   * Waits for the end of an operation. Has no limit of its own.
   *
   * @returns `unseen` when LXD has forgotten it: it ended more than 5 seconds ago, or LXD was restarted.
   * @throws `OperationError` when it failed.
   */
  async settle(action: string, id: string, signal: AbortSignal): Promise<Outcome<Metadata>> {
    for (;;) {
      const operation = await this.wait(action, id, WAIT_SECONDS, signal);
      if (operation === undefined) return { state: "unseen", operationId: id };
      if (isFinal(operation)) return outcomeOf(action, operation);
    }
  }

  /** Waits for at most some seconds and tells how the operation stands; undefined when LXD has forgotten it. */
  async wait(
    action: string,
    id: string,
    seconds: number,
    signal: AbortSignal,
  ): Promise<Operation | undefined> {
    const call: Call = {
      action,
      method: "GET",
      path: `${path`/1.0/operations/${id}`}/wait?timeout=${seconds}`,
    };
    try {
      const { envelope } = await this.#exchange(call, signal, this.#waits);
      return decoded(action, toOperation, envelope.metadata);
    } catch (thrown) {
      if (thrown instanceof LxdError && thrown.notFound) return undefined;
      throw thrown;
    }
  }

  /** Remembers a socket that {@link Transport.close} is to close. */
  track(socket: Closable): () => void {
    this.#sockets.add(socket);
    return () => this.#sockets.delete(socket);
  }

  /** Ends all calls and sockets that are under way and frees the connections. */
  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.close();
    await Promise.all([this.#calls.destroy(), this.#waits.destroy()]);
  }

  async #exchange(call: Call, signal: AbortSignal, dispatcher?: Dispatcher): Promise<Answer> {
    const { action } = call;
    const reply = await this.query(call, signal, dispatcher);
    const envelope = parseEnvelope(action, await this.#readAnswer(action, reply));
    const etag = reply.headers["etag"];
    return { envelope, etag: typeof etag === "string" ? etag : "" };
  }

  async #readAnswer(action: string, { body }: Reply): Promise<string> {
    try {
      return await readAnswer(action, body, this.limits.answerBytes);
    } catch (thrown) {
      throw explainFailure(action, this, thrown);
    }
  }
}

/**
 * Whether the daemon accepts no connection although it is installed, or is starting or ending. It has done nothing of the
 * request then, which can be sent again unless it is a stream of bytes.
 */
function isAway(thrown: unknown, { method, payload }: Call): boolean {
  if (thrown instanceof LxdError) {
    if (thrown.status === 503 && /setup in progress|is shutting down/.test(thrown.detail))
      return payload?.kind !== "bytes";
    // It ends its database before it stops listening.
    return method === "GET" && thrown.detail.includes("database is closed");
  }
  if (!(thrown instanceof LxdUnreachableError)) return false;
  return (
    thrown.reason === "refused" || (thrown.reason === "missing" && existsSync(dirname(thrown.socketPath)))
  );
}

/** Headers and body of a request. */
function wired({ payload, headers = {} }: Call) {
  switch (payload?.kind) {
    case undefined:
      return { headers, body: null };
    case "bytes":
      return { headers, body: bodyOf(payload.content) };
    case "json":
      return {
        headers: { "content-type": "application/json", ...headers },
        body: JSON.stringify(payload.value),
      };
  }
}

/** A few kilobytes on the wire could be gigabytes in memory. */
function assertNotCompressed(action: string, { headers, body }: Reply): void {
  const encoding = headers["content-encoding"];
  if (encoding === undefined || encoding === "identity") return;
  body.on("error", () => undefined).destroy();
  const name = String(encoding);
  throw new LxdAnswerError(action, `has the content encoding '${name}', which was not requested`);
}
