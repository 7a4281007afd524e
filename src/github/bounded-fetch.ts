import { fetch as undiciFetch, getGlobalDispatcher, type Dispatcher, type RequestInit } from "undici";
import { ConditionError, formatSize } from "charm-kit";

/** Largest answer that is read, in bytes. */
export interface AnswerLimits {
  /** As it travels, compressed or not. */
  readonly wire: number;
  /** After decompression. */
  readonly text: number;
}

/** A server sends more than an answer of its API can hold. */
export class AnswerTooLargeError extends ConditionError {
  readonly code = "answer-too-large";
  readonly remedy = "retry";

  /** The state alone, as it reads after "Cannot <action>: ". */
  readonly detail: string;

  constructor(limit: number, where: "on the wire" | "after decompression") {
    const detail = `GitHub's answer is larger than ${formatSize(limit)} ${where}`;
    super(`Cannot read an answer: ${detail}`);
    this.detail = detail;
  }
}

/** As much of a response as Octokit reads. The body is complete. */
export interface ReadResponse {
  readonly status: number;
  readonly url: string;
  readonly headers: Iterable<[string, string]> & { get(name: string): string | null };
  text(): Promise<string>;
  arrayBuffer(): Promise<ArrayBuffer>;
}

/**
 * Undici's fetch, which returns once the whole body is read: Octokit takes a body that ends in an error for a text.
 *
 * @param dispatcher sends requests by another way than straight to the server, such as a proxy.
 * @returns a function that throws {@link AnswerTooLargeError} as soon as a limit is passed, with nothing beyond it kept.
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

/** Ends a response that is too long before it is decompressed: what it costs to unpack is not known from its size. */
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
