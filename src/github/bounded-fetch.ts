import { fetch as undiciFetch, getGlobalDispatcher, type Dispatcher, type RequestInit } from "undici";
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

/** The part of a response that Octokit reads, with the complete body. */
export interface ReadResponse {
  readonly status: number;
  readonly url: string;
  readonly headers: Iterable<[string, string]> & { get(name: string): string | null };
  text(): Promise<string>;
  arrayBuffer(): Promise<ArrayBuffer>;
}

/**
 * Undici's fetch, except that it reads the whole body: Octokit treats a body that fails half-way as a text.
 *
 * @param dispatcher route of the requests, such as a proxy. @default directly to the server
 * @returns a function that throws {@link AnswerTooLargeError} as soon as an answer exceeds a limit.
 */
export function boundedFetch(dispatcher: Dispatcher | undefined, limits: AnswerLimits) {
  const bounded = (dispatcher ?? getGlobalDispatcher()).compose(limitWire(limits.wire));
  return async (url: string, init: RequestInit): Promise<ReadResponse> => {
    const response = await undiciFetch(url, { ...init, dispatcher: bounded });
    const chunks: Uint8Array[] = [];
    let size = 0;
    for await (const chunk of (response.body ?? []) as AsyncIterable<Uint8Array>) {
      size += chunk.byteLength;
      if (size > limits.text) throw new AnswerTooLargeError(limits.text, "after decompression");
      chunks.push(chunk);
    }
    const body = Buffer.concat(chunks);
    return {
      status: response.status,
      url: response.url,
      headers: response.headers,
      text: () => Promise.resolve(new TextDecoder().decode(body)),
      arrayBuffer: () => Promise.resolve(Uint8Array.from(body).buffer),
    };
  };
}

/** Aborts a response that is too large on the wire: it may decompress to nothing, without end. */
function limitWire(limit: number): Dispatcher.DispatcherComposeInterceptor {
  return (dispatch) => (options, handler) => {
    let size = 0;
    return dispatch(options, {
      onRequestStart: (controller, context) => handler.onRequestStart?.(controller, context),
      onRequestUpgrade: (...parameters) => handler.onRequestUpgrade?.(...parameters),
      onResponseStart: (...parameters) => handler.onResponseStart?.(...parameters),
      onResponseData: (controller, chunk) => {
        size += chunk.byteLength;
        if (size > limit) controller.abort(new AnswerTooLargeError(limit, "on the wire"));
        else handler.onResponseData?.(controller, chunk);
      },
      onResponseEnd: (...parameters) => handler.onResponseEnd?.(...parameters),
      onResponseError: (...parameters) => handler.onResponseError?.(...parameters),
    });
  };
}
