import type { IncomingHttpHeaders } from "node:http";
import type { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { createGunzip } from "node:zlib";
import { getGlobalDispatcher, interceptors, type Dispatcher } from "undici";
import { ConditionError, formatSize } from "charm-kit";

/** Size limits of an answer, in bytes. */
export interface AnswerLimits {
  /** On the wire, compressed or not. */
  readonly wire: number;
  /** After decompression. */
  readonly text: number;
}

/** An answer is larger than any answer of the API. */
export class AnswerTooLargeError extends ConditionError {
  readonly code = "answer-too-large";
  readonly remedy = "retry";

  /** The part of the message after "Cannot <action>: ". */
  readonly detail: string;

  constructor(limit: number, where: "on the wire" | "after decompression") {
    const detail = `GitHub's answer is larger than ${formatSize(limit)} ${where}`;
    super(`Cannot read an answer: ${detail}`);
    this.detail = detail;
  }
}

/** The part of a request that Octokit writes. */
export interface SentRequest {
  readonly method: Dispatcher.HttpMethod;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string | null | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** The part of a response that Octokit reads, with the complete body. */
export interface ReadResponse {
  readonly status: number;
  /** As it was requested. */
  readonly url: string;
  /** Names in small letters. */
  readonly headers: ReadonlyMap<string, string>;
  text(): Promise<string>;
  arrayBuffer(): Promise<ArrayBuffer>;
}

/** As many as a browser follows. */
const MOST_REDIRECTS = 20;
/** Statuses of answers that have no body. */
const WITHOUT_BODY: readonly number[] = [204, 205, 304];

/**
 * What Octokit needs of fetch, on undici's connections alone: its fetch would stay in memory, for as much as all the rest. Reads
 * the whole body: Octokit treats a body that fails half-way as a text. A redirect to another host does not get the token.
 *
 * @param dispatcher route of the requests, such as a proxy. @default directly to the server
 * @returns a function that throws {@link AnswerTooLargeError} as soon as an answer exceeds a limit.
 */
export function boundedFetch(dispatcher: Dispatcher | undefined, limits: AnswerLimits) {
  const way = (dispatcher ?? getGlobalDispatcher()).compose(
    interceptors.redirect({ maxRedirections: MOST_REDIRECTS }),
  );
  return async (
    url: string,
    { method, headers, body = null, signal }: SentRequest,
  ): Promise<ReadResponse> => {
    const { origin, pathname, search } = new URL(url);
    const answer = await way.request({
      origin,
      path: `${pathname}${search}`,
      method,
      headers: { ...headers, "accept-encoding": "gzip" },
      body,
      ...(signal && { signal }),
    });
    const content = await read(answer, limits);
    if (isRedirect(answer.statusCode)) throw new Error("the server redirects without an end");
    return {
      status: answer.statusCode,
      url,
      headers: asMap(answer.headers),
      text: () => Promise.resolve(new TextDecoder().decode(content)),
      arrayBuffer: () => Promise.resolve(Uint8Array.from(content).buffer),
    };
  };
}

function isRedirect(status: number): boolean {
  return status >= 300 && status < 400 && status !== 304;
}

function asMap(headers: IncomingHttpHeaders): ReadonlyMap<string, string> {
  return new Map(
    Object.entries(headers).flatMap(([name, value]) =>
      value === undefined ? [] : [[name, Array.isArray(value) ? value.join(", ") : value] as const],
    ),
  );
}

/** Aborts an answer that is too large on the wire, since it may decompress to nothing, without end, and one that is too large after it. */
async function read(
  { body, headers, statusCode }: Dispatcher.ResponseData,
  { wire, text }: AnswerLimits,
): Promise<Buffer> {
  if (WITHOUT_BODY.includes(statusCode)) {
    await body.dump();
    return Buffer.alloc(0);
  }
  const chunks: Uint8Array[] = [];
  const keep = async (content: AsyncIterable<Uint8Array>) => {
    for await (const chunk of content) chunks.push(chunk);
  };
  const [onWire, unpacked] = [atMost(wire, "on the wire"), atMost(text, "after decompression")];
  if (isCompressed(body, headers["content-encoding"]))
    await pipeline(body, onWire, createGunzip(), unpacked, keep);
  else await pipeline(body, onWire, unpacked, keep);
  return Buffer.concat(chunks);
}

function isCompressed(body: Readable, encoding: string | string[] | undefined): boolean {
  if (encoding === undefined || encoding === "identity") return false;
  if (encoding === "gzip" || encoding === "x-gzip") return true;
  body.on("error", () => undefined).destroy();
  throw new Error(`the answer has the content encoding '${String(encoding)}', which was not requested`);
}

function atMost(limit: number, where: "on the wire" | "after decompression") {
  return async function* (source: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
    let size = 0;
    for await (const chunk of source) {
      size += chunk.byteLength;
      if (size > limit) throw new AnswerTooLargeError(limit, where);
      yield chunk;
    }
  };
}
