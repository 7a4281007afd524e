import type { Bytes } from "./upload.ts";

/** What a request carries: nothing, a value that is sent as JSON, or bytes. */
export type Payload =
  { readonly kind: "json"; readonly value: unknown } | { readonly kind: "bytes"; readonly content: Bytes };

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

/** Builds an API path; what is put in is percent-encoded. Used as a template tag. */
export function path(pieces: TemplateStringsArray, ...names: readonly (string | number)[]): string {
  return pieces.reduce(
    (built, piece, index) => `${built}${encodeURIComponent(String(names[index - 1]))}${piece}`,
  );
}

/** The name at the end of an object's URL, such as `/1.0/instances/x?project=p`. */
export function nameFromURL(url: string): string {
  const query = url.indexOf("?");
  const plain = query < 0 ? url : url.slice(0, query);
  return decodeURIComponent(plain.slice(plain.lastIndexOf("/") + 1));
}

/** The query that names a member of a cluster; empty without one. */
export function targetQuery(member: string | undefined): string {
  return member === undefined ? "" : path`?target=${member}`;
}
