import type { Clock } from "charm-kit";
import type { AdminConnection, TokenListener } from "./admin-connection.ts";
import { ScaleSetAnswerError, ScaleSetRefusedError } from "./errors.ts";
import { toMessage, type ScaleSetMessage } from "./messages.ts";
import { fieldsOf } from "./shapes.ts";
import { expiryOf, isEnding } from "./token-expiry.ts";
import type { Limits, Transport } from "./transport.ts";
import { toStatistics, type Deletion, type ScaleSetStatistics } from "./types.ts";

/** Where the messages of a session are. */
interface Queue {
  readonly url: string;
  readonly token: string;
  /** Milliseconds since the Unix epoch. */
  readonly expiresAt: number | undefined;
}

/** How the queue is asked. */
export interface PollOptions {
  /** The last message that was seen; those after it are asked for. @default from the first that is not acknowledged */
  readonly lastMessageId?: number | undefined;
  /** Most runners that may run at a time: GitHub assigns no more jobs than that. */
  readonly capacity: number;
}

export interface MessageSessionDependencies {
  readonly scaleSetId: number;
  readonly ownerName: string;
  readonly admin: AdminConnection;
  readonly onToken: TokenListener;
  readonly transport: Transport;
  readonly limits: Limits;
  readonly clock: Clock;
  readonly userAgent: () => string;
}

/**
 * The session of a scale set, of which there is one at a time: its messages, its jobs. Its token is got anew before it
 * ends, and when GitHub no longer takes it. One poll at a time; a message may be acknowledged meanwhile.
 */
export class MessageSession {
  readonly id: string;
  readonly #dependencies: MessageSessionDependencies;
  #queue: Queue;
  #statistics: ScaleSetStatistics | undefined;

  /** Use {@link ScaleSetClient.openSession}. */
  constructor(opened: OpenedSession, dependencies: MessageSessionDependencies) {
    this.id = opened.id;
    this.#queue = opened.queue;
    this.#statistics = opened.statistics;
    this.#dependencies = dependencies;
  }

  /** What GitHub told last of the scale set. */
  get statistics(): ScaleSetStatistics | undefined {
    return this.#statistics;
  }

  /**
   * Waits for the next message; GitHub answers after about 50 seconds without one. A message comes again until it is
   * acknowledged.
   *
   * @returns undefined when there is none.
   * @throws {@link ScaleSetRefusedError} and what else calls throw.
   */
  async poll(
    { lastMessageId = 0, capacity }: PollOptions,
    signal: AbortSignal,
  ): Promise<ScaleSetMessage | undefined> {
    const action = "read the messages of the scale set";
    const { value } = await this.#withToken(signal, (queue) => {
      const url = new URL(queue.url);
      if (lastMessageId > 0) url.searchParams.set("lastMessageId", String(lastMessageId));
      return this.#dependencies.transport.send(
        {
          action,
          method: "GET",
          url,
          headers: {
            accept: "application/json; api-version=6.0-preview",
            ...this.#headers(queue),
            "x-scalesetmaxcapacity": String(capacity),
          },
          limitMs: this.#dependencies.limits.pollMs,
        },
        signal,
      );
    });
    // GitHub also answers 200 with an empty body.
    if (value === undefined) return undefined;
    const message = toMessage(value);
    if (message === undefined) throw new ScaleSetAnswerError(action, "is no message");
    this.#statistics = message.statistics ?? this.#statistics;
    return message;
  }

  /** Acknowledges a message, after what it asks for has been done. One that GitHub no longer has is acknowledged. */
  async acknowledge(messageId: number, signal: AbortSignal): Promise<void> {
    await unlessAbsent(() =>
      this.#withToken(signal, (queue) => {
        const url = new URL(queue.url);
        url.pathname = `${url.pathname}/${messageId}`;
        const headers = { "content-type": "application/json", ...this.#headers(queue) };
        const action = "acknowledge a message of the scale set";
        return this.#dependencies.transport.send({ action, method: "DELETE", url, headers }, signal);
      }),
    );
  }

  /**
   * Acquires jobs that a message of type `JobAvailable` offers.
   *
   * @returns those that were acquired: others may have been taken or cancelled.
   */
  async acquireJobs(runnerRequestIds: readonly number[], signal: AbortSignal): Promise<readonly number[]> {
    if (runnerRequestIds.length === 0) return [];
    const { value } = await this.#withToken(signal, ({ token }) =>
      this.#dependencies.admin.call(
        {
          action: "acquire jobs",
          method: "POST",
          path: `${this.#path.replace(/\/sessions.*$/, "")}/acquirejobs`,
          body: runnerRequestIds,
          token,
          // A job that is acquired stays so.
          isRepeatable: true,
        },
        signal,
      ),
    );
    const ids = fieldsOf(value)?.list("value") ?? [];
    return ids.filter((id) => typeof id === "number");
  }

  /** Gets the session's token anew. Calls do so by themselves. */
  async refresh(signal: AbortSignal): Promise<void> {
    const action = "refresh the session of the scale set";
    const { value } = await this.#dependencies.admin.call(
      { action, method: "PATCH", path: this.#path },
      signal,
    );
    const { queue, statistics } = readSession(action, value);
    this.#dependencies.onToken(queue.token, queue.expiresAt);
    this.#queue = queue;
    this.#statistics = statistics ?? this.#statistics;
  }

  /** Ends the session, so that the next can be opened at once. */
  async close(signal: AbortSignal): Promise<Deletion> {
    const action = "end the session of the scale set";
    return unlessAbsent(() =>
      this.#dependencies.admin.call({ action, method: "DELETE", path: this.#path }, signal),
    );
  }

  get #path(): string {
    return `_apis/runtime/runnerscalesets/${this.#dependencies.scaleSetId}/sessions/${this.id}`;
  }

  #headers({ token }: Queue): Readonly<Record<string, string>> {
    return { authorization: `Bearer ${token}`, "user-agent": this.#dependencies.userAgent() };
  }

  async #withToken<T>(signal: AbortSignal, call: (queue: Queue) => Promise<T>): Promise<T> {
    if (isEnding(this.#queue.expiresAt, this.#dependencies.clock.now())) await this.refresh(signal);
    try {
      return await call(this.#queue);
    } catch (thrown) {
      if (!(thrown instanceof ScaleSetRefusedError) || thrown.status !== 401) throw thrown;
      await this.refresh(signal);
      return call(this.#queue);
    }
  }
}

/** What GitHub tells of a session that it has opened or refreshed. */
export interface OpenedSession {
  readonly id: string;
  readonly queue: Queue;
  readonly statistics: ScaleSetStatistics | undefined;
}

/** @throws {@link ScaleSetAnswerError}: GitHub has been seen to open sessions without a queue. */
export function readSession(action: string, value: unknown): OpenedSession {
  const fields = fieldsOf(value);
  const id = fields?.text("sessionId");
  const url = fields?.text("messageQueueUrl");
  const token = fields?.text("messageQueueAccessToken");
  if (id === undefined || id === "") throw new ScaleSetAnswerError(action, "names no session");
  if (url === undefined || URL.parse(url) === null || token === undefined || token === "")
    throw new ScaleSetAnswerError(action, "holds no message queue");
  return {
    id,
    queue: { url, token, expiresAt: expiryOf(token) },
    statistics: toStatistics(fields?.record("statistics")),
  };
}

/** Opens a session. */
export async function openSession(
  dependencies: MessageSessionDependencies,
  signal: AbortSignal,
): Promise<MessageSession> {
  const { admin, scaleSetId, ownerName } = dependencies;
  const action = "open a session of the scale set";
  const path = `_apis/runtime/runnerscalesets/${scaleSetId}/sessions`;
  const { value } = await admin.call({ action, method: "POST", path, body: { ownerName } }, signal);
  try {
    const opened = readSession(action, value);
    dependencies.onToken(opened.queue.token, opened.queue.expiresAt);
    return new MessageSession(opened, dependencies);
  } catch (thrown) {
    // It is of no use, and would be in the way of the next.
    const id = fieldsOf(value)?.text("sessionId") ?? "";
    const end = {
      action: "end the session of the scale set",
      method: "DELETE",
      path: `${path}/${id}`,
    } as const;
    if (id !== "") await admin.call(end, signal).catch(() => undefined);
    throw thrown;
  }
}

/** Whether a deletion found something. */
export async function unlessAbsent(remove: () => Promise<unknown>): Promise<Deletion> {
  try {
    await remove();
    return "deleted";
  } catch (thrown) {
    if (thrown instanceof ScaleSetRefusedError && thrown.status === 404) return "absent";
    throw thrown;
  }
}
