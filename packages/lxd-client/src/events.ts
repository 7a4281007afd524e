import { BoundedQueue } from "./bounded-queue.ts";
import { toOperation } from "./envelope.ts";
import { LxdUnreachableError, OutputLimitError } from "./errors.ts";
import { MessageSocket } from "./message-socket.ts";
import { orAborted } from "charm-kit";
import type { Transport } from "./transport.ts";
import type { Metadata, Operation } from "./types.ts";

/** Kinds of events. `logging`, which LXD has as well, is a flood and is left out. */
export type EventKind = "lifecycle" | "operation";

/** What every event has. */
export interface EventBase {
  /** RFC 3339 with nanoseconds. Events arrive out of order: sort by this, and take them for hints. */
  readonly timestamp: string;
  readonly project: string;
}
/** Something happened to an object. */
export interface LifecycleEvent extends EventBase {
  readonly type: "lifecycle";
  /** Such as `instance-deleted`. */
  readonly action: string;
  /** URL of the object, without its project. */
  readonly source: string;
  readonly context: Metadata;
}
/** An operation changed its state. */
export interface OperationEvent extends EventBase {
  readonly type: "operation";
  readonly operation: Operation;
}
/** An event of a kind that is listened to. */
export type LxdEvent = LifecycleEvent | OperationEvent;

const ACTION = "follow the events of LXD";

/**
 * Events from the moment that the stream is opened. LXD repeats none: open the stream first, list second, and list again
 * after each loss of the connection.
 */
export class EventStream implements AsyncIterable<LxdEvent>, AsyncDisposable {
  /** Resolves when LXD sends events. */
  readonly opened: Promise<void>;
  readonly #socket: MessageSocket;
  readonly #queue: BoundedQueue<string>;
  readonly #signal: AbortSignal;
  readonly #onAbort = () => {
    this.#queue.fail(this.#signal.reason as Error);
    this.close();
  };

  constructor(transport: Transport, kinds: readonly EventKind[], signal: AbortSignal) {
    this.#signal = signal;
    // The bound stands: a reader that made LXD wait would make it keep the events instead.
    const { backlogBytes } = transport.limits;
    this.#queue = new BoundedQueue({
      limit: backlogBytes,
      weigh: (message) => message.length,
      overflow: () => new OutputLimitError(ACTION, backlogBytes),
    });
    const target = { action: ACTION, path: `/1.0/events?type=${kinds.join(",")}`, answersPings: true };
    this.#socket = new MessageSocket(transport, target, {
      text: (message) => {
        this.#take(message);
      },
      binary: () => undefined,
      ended: (fault) => {
        this.#queue.fail(fault ?? new LxdUnreachableError(ACTION, "lost", transport.socketPath));
        this.close();
      },
    });
    this.opened = this.#socket.opened;
    signal.addEventListener("abort", this.#onAbort, { once: true });
  }

  /**
   * Events for one reader, until the stream is closed.
   *
   * @throws {@link LxdUnreachableError} with reason `lost` when the connection breaks, the signal's reason when it is
   *   aborted, {@link OutputLimitError} when the reader is too far behind.
   */
  async *[Symbol.asyncIterator](): AsyncGenerator<LxdEvent, void> {
    try {
      for await (const message of this.#queue) yield toEvent(message);
    } finally {
      this.close();
    }
  }

  /** Ends the stream; its reader comes to the end. */
  close(): void {
    this.#signal.removeEventListener("abort", this.#onAbort);
    this.#queue.end();
    this.#socket.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.close();
    return Promise.resolve();
  }

  #take(message: string): void {
    try {
      this.#queue.push(message);
    } catch (thrown) {
      this.#queue.fail(thrown as Error);
      this.close();
    }
  }
}

/** The daemon's events: `/1.0/events`. */
export class Events {
  readonly #transport: Transport;

  constructor(transport: Transport) {
    this.#transport = transport;
  }

  /**
   * Opens a stream of events and resolves when LXD sends them. Aborting ends it, also later.
   *
   * @throws {@link LxdUnreachableError} when the daemon cannot be reached, `LxdError` when it refuses, `DeadlineError`
   *   when it does not answer.
   */
  async open(kinds: readonly EventKind[], signal: AbortSignal): Promise<EventStream> {
    signal.throwIfAborted();
    const stream = new EventStream(this.#transport, kinds, signal);
    try {
      await orAborted(stream.opened, signal);
      return stream;
    } catch (thrown) {
      stream.close();
      throw thrown;
    }
  }
}

interface SentEvent extends EventBase {
  readonly type: EventKind;
  readonly metadata: { readonly action: string; readonly source: string; readonly context?: Metadata | null };
}

function toEvent(message: string): LxdEvent {
  const { type, timestamp, project, metadata } = JSON.parse(message) as SentEvent;
  if (type === "operation") return { type, timestamp, project, operation: toOperation(metadata) };
  const { action, source, context } = metadata;
  return { type, timestamp, project, action, source, context: context ?? {} };
}
