import { isRecord } from "charm-kit";
import { nameFromURL } from "./call.ts";
import { LxdAnswerError, LxdError, OperationError } from "./errors.ts";
import type { Metadata, Operation, Outcome, Sent } from "./types.ts";

/** The envelope of every JSON answer, as LXD's `rest-api` document describes it. */
export interface Envelope {
  readonly type: "sync" | "async";
  readonly operation: string;
  readonly metadata: unknown;
}

/** An answer and its ETag, which only single objects have. */
export interface Answer {
  readonly envelope: Envelope;
  readonly etag: string;
}

/** Gives the metadata of an answer a type; throws anything when it cannot have that type. */
export type Decode<T> = (metadata: unknown) => T;

const FINAL = 200;
const SUCCESS = 200;

/**
 * Reads an envelope.
 *
 * @throws {@link LxdError} for one of type `error`: LXD 6 sends it with HTTP status 200 when a wait fails;
 *   {@link LxdAnswerError} for text that is no envelope.
 */
export function parseEnvelope(action: string, text: string): Envelope {
  const envelope = parse(action, text);
  const type = isRecord(envelope) ? envelope["type"] : undefined;
  switch (type) {
    case "sync":
    case "async":
      return envelope as Envelope;
    case "error": {
      const { error_code: status, error } = envelope as {
        readonly error_code: unknown;
        readonly error: unknown;
      };
      throw new LxdError(action, Number(status), String(error));
    }
    default:
      throw new LxdAnswerError(action, "has no known type");
  }
}

function parse(action: string, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // Without the parser's error, which quotes the text: it may hold what nobody should see.
    throw new LxdAnswerError(action, "is not JSON");
  }
}

/** @throws {@link LxdAnswerError} when the metadata cannot be decoded. */
export function decoded<T>(action: string, decode: Decode<T>, metadata: unknown): T {
  try {
    return decode(metadata);
  } catch (thrown) {
    throw new LxdAnswerError(action, "does not have the fields of its API", { cause: thrown });
  }
}

/** Decodes a list; LXD sends `null` for an empty one. */
export function listOf<T>(decode: Decode<T>): Decode<readonly T[]> {
  return (metadata) => {
    if (metadata === null || metadata === undefined) return [];
    if (!Array.isArray(metadata)) throw new TypeError("It is not a list");
    return metadata.map((item) => decode(item));
  };
}

/**
 * The fields of an object as LXD sends them.
 *
 * @throws TypeError for anything else: without its fields an object would look like one that is empty.
 */
export function fieldsOf<T>(metadata: unknown): Sent<T> {
  if (!isRecord(metadata)) throw new TypeError("It is not an object");
  return metadata as Sent<T>;
}

/**
 * What LXD tells of a change that it has done at once.
 *
 * @throws {@link LxdAnswerError} for anything but an object or nothing.
 */
export function resultOf(action: string, { metadata }: Envelope): Metadata {
  if (metadata === null || metadata === undefined) return {};
  return decoded(action, fieldsOf<Metadata>, metadata);
}

/** Decodes an operation, and gives its empty fields their value: LXD sends `null` for them. */
export function toOperation(metadata: unknown): Operation {
  const sent = fieldsOf<Operation>(metadata);
  if (typeof sent.id !== "string" || typeof sent.status_code !== "number")
    throw new TypeError("It has no id");
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

/**
 * The id of the operation that an asynchronous answer began.
 *
 * @throws {@link LxdAnswerError} when the answer names none.
 */
export function operationId(action: string, { operation }: Envelope): string {
  return decoded(action, () => nameFromURL(operation), operation);
}
