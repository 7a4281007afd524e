import { Agent, type Dispatcher } from "undici";
import { isRecord, withDeadline, type Clock } from "charm-kit";
import {
  ScaleSetAnswerError,
  ScaleSetRefusedError,
  ScaleSetUnreachableError,
  type Refusal,
} from "./errors.ts";

/** A request. */
export interface Request {
  /** What is being done, as it reads after "Cannot". */
  readonly action: string;
  readonly method: "GET" | "POST" | "PATCH" | "DELETE";
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  /** Sent as JSON. */
  readonly body?: unknown;
  /** Milliseconds. @default `Limits.callMs` */
  readonly limitMs?: number;
  /** Whether it may be sent again after it may have been carried out. @default all but POST */
  readonly isRepeatable?: boolean;
  /** Statuses of refusals that are worth another attempt, beside those of an overloaded service. */
  readonly retryStatuses?: readonly number[];
}

/** An answer of a status below 400. */
export interface Reply {
  readonly status: number;
  /** Parsed JSON; undefined for no body. */
  readonly value: unknown;
}

/** Limits of time and size. */
export interface Limits {
  /** Longest time of a call with all its attempts, in milliseconds. @default 60 000 */
  readonly callMs: number;
  /** Longest time of a poll for messages, which GitHub holds open for about 50 seconds, in milliseconds. @default 120 000 */
  readonly pollMs: number;
  /** Attempts after the first one. @default 4 */
  readonly retries: number;
  /** First pause between attempts, in milliseconds; each further one is twice as long. @default 500 */
  readonly pauseMs: number;
  /** Most bytes of an answer. @default 16 MiB */
  readonly answerBytes: number;
}

export const DEFAULT_LIMITS: Limits = {
  callMs: 60_000,
  pollMs: 120_000,
  retries: 4,
  pauseMs: 500,
  answerBytes: 16 * 1024 * 1024,
};

const LONGEST_PAUSE_MS = 30_000;

/** Sends requests, again where that is safe, and reads their answers. */
export class Transport {
  readonly #dispatcher: Dispatcher;
  readonly #isOwn: boolean;
  readonly #limits: Limits;
  readonly #clock: Clock;

  constructor(dispatcher: Dispatcher | undefined, limits: Limits, clock: Clock) {
    this.#isOwn = dispatcher === undefined;
    this.#dispatcher = dispatcher ?? new Agent({ headersTimeout: 0, bodyTimeout: 0 });
    this.#limits = limits;
    this.#clock = clock;
  }

  /** Frees the connections, unless they are the caller's. */
  async close(): Promise<void> {
    if (this.#isOwn) await this.#dispatcher.destroy();
  }

  /**
   * Sends a request and reads its answer.
   *
   * @throws {@link ScaleSetRefusedError}, {@link ScaleSetAnswerError}, {@link ScaleSetUnreachableError}, `DeadlineError`, the
   *   signal's reason.
   */
  send(request: Request, signal: AbortSignal): Promise<Reply> {
    const { action, limitMs = this.#limits.callMs } = request;
    const endsAt = this.#clock.now() + limitMs;
    return withDeadline(action, limitMs, signal, async (inner) => {
      for (let attempt = 0; ; attempt += 1) {
        try {
          return await this.#attempt(request, inner);
        } catch (thrown) {
          inner.throwIfAborted();
          if (attempt >= this.#limits.retries || !isWorthRetrying(thrown, request)) throw thrown;
          const pauseMs = this.#pauseMs(thrown, attempt);
          // Whoever asks learns of a longer limit now, and not of a call that has taken too long.
          if (this.#clock.now() + pauseMs >= endsAt) throw thrown;
          await this.#clock.wait(pauseMs, inner);
        }
      }
    });
  }

  #pauseMs(thrown: unknown, attempt: number): number {
    const asked = thrown instanceof ScaleSetRefusedError ? (thrown.retryAfterSeconds ?? 0) * 1000 : 0;
    return Math.max(asked, Math.min(LONGEST_PAUSE_MS, this.#limits.pauseMs * 2 ** attempt));
  }

  async #attempt(request: Request, signal: AbortSignal): Promise<Reply> {
    const { action, method, url, body } = request;
    try {
      const reply = await this.#dispatcher.request({
        origin: url.origin,
        path: `${url.pathname}${url.search}`,
        method,
        headers: request.headers,
        body: body === undefined ? null : JSON.stringify(body),
        signal,
      });
      const text = await this.#text(action, reply.body);
      if (reply.statusCode >= 400)
        throw new ScaleSetRefusedError(action, refusalOf(reply, text, this.#clock.now()));
      return { status: reply.statusCode, value: parse(action, text) };
    } catch (thrown) {
      throw signal.aborted ? thrown : explain(action, url.host, thrown);
    }
  }

  async #text(action: string, body: AsyncIterable<Uint8Array>): Promise<string> {
    const chunks: Uint8Array[] = [];
    let length = 0;
    for await (const chunk of body) {
      length += chunk.byteLength;
      // Leaving the loop destroys the stream.
      if (length > this.#limits.answerBytes) break;
      chunks.push(chunk);
    }
    if (length > this.#limits.answerBytes)
      throw new ScaleSetAnswerError(action, `is larger than ${this.#limits.answerBytes} bytes`);
    return withoutMark(Buffer.concat(chunks).toString());
  }
}

/** GitHub's service puts a byte order mark before some of its bodies. */
function withoutMark(text: string): string {
  return text.startsWith("\u{FEFF}") ? text.slice(1) : text;
}

function parse(action: string, text: string): unknown {
  if (text.trim() === "") return undefined;
  try {
    return JSON.parse(text) as unknown;
  } catch {
    // The parser's message holds a part of the answer, which may be secret.
    throw new ScaleSetAnswerError(action, "is not JSON");
  }
}

/** Headers that tell why GitHub refuses something; none of them holds a secret. */
const REASONS = [
  "retry-after",
  "x-accepted-github-permissions",
  "x-github-sso",
  "x-oauth-scopes",
  "x-ratelimit-remaining",
  "x-ratelimit-reset",
];

function refusalOf(
  { statusCode: status, headers }: Pick<Dispatcher.ResponseData, "statusCode" | "headers">,
  text: string,
  now: number,
): Refusal {
  const header = (name: string) => {
    const value = headers[name];
    return Array.isArray(value) ? value[0] : value;
  };
  const reasons = REASONS.flatMap((name) => {
    const value = header(name);
    return value === undefined ? [] : [[name, value] as const];
  });
  const askedSeconds = Number(header("retry-after"));
  const isUsedUp = (status === 403 || status === 429) && header("x-ratelimit-remaining") === "0";
  const untilReset = () => Number(header("x-ratelimit-reset")) - now / 1000;
  const seconds = askedSeconds > 0 || !isUsedUp ? askedSeconds : untilReset();
  return {
    status,
    ...reasonOf(text),
    activityId: header("activityid"),
    requestId: header("x-github-request-id"),
    retryAfterSeconds: Number.isFinite(seconds) && seconds > 0 ? seconds : undefined,
    headers: Object.fromEntries(reasons),
  };
}

/** Errors of the service have a type and a message, those of the REST API a message; others are text. */
function reasonOf(text: string): Pick<Refusal, "typeName" | "detail"> {
  try {
    const value: unknown = JSON.parse(text);
    if (isRecord(value)) {
      const { typeName, message } = value;
      return {
        typeName: typeof typeName === "string" && typeName !== "" ? typeName : undefined,
        detail: typeof message === "string" ? message : text,
      };
    }
  } catch {
    // A page of a proxy or load balancer.
  }
  return { typeName: undefined, detail: text };
}

/** Failures before a byte of the request has left. */
const NOT_SENT = new Set([
  "ECONNREFUSED",
  "ENOTFOUND",
  "EAI_AGAIN",
  "EHOSTUNREACH",
  "ENETUNREACH",
  "UND_ERR_CONNECT_TIMEOUT",
]);
/** Failures in the middle of an exchange. */
const BROKEN = new Set([
  "ECONNRESET",
  "EPIPE",
  "ETIMEDOUT",
  "UND_ERR_SOCKET",
  "UND_ERR_HEADERS_TIMEOUT",
  "UND_ERR_BODY_TIMEOUT",
]);

function explain(action: string, host: string, thrown: unknown): unknown {
  if (!(thrown instanceof Error)) return thrown;
  const { code = "" } = thrown as NodeJS.ErrnoException;
  if (/^(HPE_|UND_ERR_HEADERS_OVERFLOW)/.test(code) || thrown.name === "HTTPParserError")
    return new ScaleSetAnswerError(action, "is not HTTP", { cause: new Error(thrown.message) });
  const isKnown =
    NOT_SENT.has(code) || BROKEN.has(code) || /^(CERT_|ERR_TLS|DEPTH_ZERO|SELF_SIGNED|UNABLE_TO)/.test(code);
  if (!isKnown) return thrown;
  const options = { cause: thrown, maybeSent: BROKEN.has(code), reason: thrown.message || code };
  return new ScaleSetUnreachableError(action, host, options);
}

function isWorthRetrying(
  thrown: unknown,
  { method, isRepeatable = method !== "POST", retryStatuses = [] }: Request,
): boolean {
  if (thrown instanceof ScaleSetUnreachableError) return isRepeatable || !thrown.maybeSent;
  if (!(thrown instanceof ScaleSetRefusedError)) return false;
  const { status } = thrown;
  // An overloaded service has done nothing; any other failure of the service may have come after the deed.
  if (status === 429 || status === 503 || retryStatuses.includes(status)) return true;
  return isRepeatable && status >= 500 && status !== 501;
}
