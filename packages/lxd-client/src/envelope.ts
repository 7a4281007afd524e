import { LxdError, OperationError } from "./errors.ts";
import { nameFromURL } from "./call.ts";
import type { Metadata, Operation, Outcome, Sent } from "./types.ts";

/** What LXD wraps every JSON answer in. */
export interface Envelope {
  readonly type: "sync" | "async" | "error";
  readonly operation: string;
  readonly error_code: number;
  readonly error: string;
  readonly metadata: unknown;
}

/** The body of an answer and its ETag, which only single objects have. */
export interface Answer {
  readonly envelope: Envelope;
  readonly etag: string;
}

const FINAL = 200;
const SUCCESS = 200;

/** Throws what an envelope of type `error` says: LXD 6 sends one with HTTP status 200 when a wait fails. */
export function assertNoError(action: string, envelope: Envelope): void {
  if (envelope.type === "error") throw new LxdError(action, envelope.error_code, envelope.error);
}

/** Gives an operation's empty fields their value; LXD sends `null` for them. */
export function toOperation(metadata: unknown): Operation {
  const sent = metadata as Sent<Operation>;
  return { ...sent, metadata: sent.metadata ?? {}, resources: sent.resources ?? {} };
}

/** Whether an operation has ended. */
export function isFinal(operation: Operation): boolean {
  return operation.status_code >= FINAL;
}

/**
 * The outcome of an operation that has ended.
 *
 * @throws {@link OperationError} when it failed or was cancelled.
 */
export function outcomeOf(action: string, operation: Operation): Outcome<Metadata> {
  if (operation.status_code === SUCCESS) return { state: "done", value: operation.metadata };
  const detail = operation.err === "" ? operation.status : operation.err;
  throw new OperationError(action, { operationId: operation.id, detail, metadata: operation.metadata });
}

/** The id of the operation that an asynchronous answer began. */
export function operationId(envelope: Envelope): string {
  return nameFromURL(envelope.operation);
}
