import type { Readable } from "node:stream";

/** What a request carries: nothing, a value that is sent as JSON, or bytes. */
export type Payload =
  { readonly kind: "json"; readonly value: unknown } | { readonly kind: "bytes"; readonly content: Bytes };

/** Bytes for the wire: in memory, or streamed, at most once. */
export type Bytes = string | Uint8Array | Readable | AsyncIterable<Uint8Array>;

/** One request to the API. */
export interface Call {
  /** What is being done, as it reads after "Cannot". */
  readonly action: string;
  readonly method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
  /** Path and query, percent-encoded. */
  readonly path: string;
  readonly payload?: Payload | undefined;
  readonly headers?: Readonly<Record<string, string>>;
  /** Milliseconds; in place of the transport's own limit for the kind of call. */
  readonly limitMs?: number | undefined;
}

/** The payload of a value that is sent as JSON. */
export function json(value: unknown): Payload {
  return { kind: "json", value };
}
