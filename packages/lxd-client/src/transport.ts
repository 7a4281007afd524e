import { type Dispatcher, Pool } from "undici";
import { withDeadline } from "charm-kit";
import { type Call, path } from "./call.ts";
import type { Dialect } from "./dialect.ts";
import {
  type Answer,
  assertNoError,
  type Envelope,
  isFinal,
  operationId,
  outcomeOf,
  toOperation,
} from "./envelope.ts";
import { explainFailure, LxdError } from "./errors.ts";
import { refusal } from "./body.ts";
import type { LxdSocket } from "./find-socket.ts";
import type { Metadata, Operation, Outcome } from "./types.ts";

/** How long things may take, in milliseconds, and how much LXD may send, in bytes. */
export interface Limits {
  /** One request and its answer, and the handshake of a WebSocket. @default one minute */
  readonly callMs: number;
  /** A request that carries a file or an image, up to its answer. @default 15 minutes */
  readonly transferMs: number;
  /** A mutation with the operation that it begins. @default 10 minutes */
  readonly operationMs: number;
  /** One message of a WebSocket. @default 64 MiB */
  readonly messageBytes: number;
  /** Events that wait for their reader. @default 16 MiB */
  readonly backlogBytes: number;
}

/** An answer whose body is not read yet; who takes it must read it to the end or destroy it. */
export type Reply = Dispatcher.ResponseData;

/** Something that ends with the transport. */
export interface Closable {
  close(): void;
}

const ORIGIN = "http://lxd";
const CONNECTIONS = 32;
/** Milliseconds without a byte after which a body counts as stalled. */
const STALLED_MS = 60_000;
/** Seconds; shorter than any limit in between, so that a wait that lost its daemon is noticed. */
const WAIT_SECONDS = 60;

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

  constructor(socket: LxdSocket, limits: Limits) {
    this.dialect = socket.dialect;
    this.socketPath = socket.path;
    this.limits = limits;
    const shared = { socketPath: socket.path, headersTimeout: 0, pipelining: 1 } as const;
    this.#calls = new Pool(ORIGIN, { ...shared, connections: CONNECTIONS, bodyTimeout: STALLED_MS });
    this.#waits = new Pool(ORIGIN, { ...shared, connections: null, bodyTimeout: 0 });
  }

  /**
   * Sends a request and resolves when the head of the answer is there. Has no limit of its own.
   *
   * @throws {@link LxdError} when LXD refuses, `LxdUnreachableError` when it cannot be reached, the signal's reason.
   */
  async query(call: Call, signal: AbortSignal, dispatcher: Dispatcher = this.#calls): Promise<Reply> {
    const { payload } = call;
    const isJSON = payload?.kind === "json";
    try {
      const reply = await dispatcher.request({
        origin: ORIGIN,
        method: call.method,
        path: call.path,
        headers: isJSON ? { "content-type": "application/json", ...call.headers } : (call.headers ?? {}),
        body: isJSON ? JSON.stringify(payload.value) : (payload?.content ?? null),
        signal,
      } as Dispatcher.RequestOptions);
      if (reply.statusCode >= 400) throw await refusal(call.action, reply.statusCode, reply.body);
      return reply;
    } catch (thrown) {
      throw explainFailure(call.action, this.socketPath, thrown);
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
  async read<T>(
    action: string,
    path: string,
    decode: (metadata: unknown) => T,
    signal: AbortSignal,
  ): Promise<T> {
    const { envelope } = await this.ask({ action, method: "GET", path }, signal);
    return decode(envelope.metadata);
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
      if (envelope.type === "sync") return { state: "done", value: (envelope.metadata ?? {}) as Metadata };
      return this.settle(call.action, operationId(envelope), inner);
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
      return toOperation(envelope.metadata);
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
    const reply = await this.query(call, signal, dispatcher);
    const envelope = await this.#parse(call.action, reply);
    assertNoError(call.action, envelope);
    const etag = reply.headers["etag"];
    return { envelope, etag: typeof etag === "string" ? etag : "" };
  }

  async #parse(action: string, reply: Reply): Promise<Envelope> {
    try {
      return (await reply.body.json()) as Envelope;
    } catch (thrown) {
      throw explainFailure(action, this.socketPath, thrown);
    }
  }
}
