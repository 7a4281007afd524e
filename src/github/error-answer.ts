/** An error answer, reduced to the parts that identify its kind. */
export interface ErrorAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  /** GitHub's own text; "" if there is none. */
  readonly message: string;
  /** GitHub's `x-github-request-id`. */
  readonly requestId: string | undefined;
}

/** A rate limit of GitHub that is exceeded. */
export interface RateLimit {
  /** `primary`: requests per hour; `secondary`: protection against bursts. */
  readonly limit: "primary" | "secondary";
  /** Milliseconds since the Unix epoch. */
  readonly resetAt: number;
}

/** Without a `retry-after`, GitHub asks to wait at least a minute. */
const DEFAULT_PAUSE_MS = 60_000;
/** The second one is the name on older servers. */
const SECONDARY = /\bsecondary rate\b|\babuse detection\b/i;

/**
 * Reads the answer from an error of Octokit.
 *
 * @param scrub removes secrets from text of the server.
 * @returns undefined if there was no answer.
 */
export function readErrorAnswer(thrown: unknown, scrub: (text: string) => string): ErrorAnswer | undefined {
  const { status, response } = Object(thrown) as {
    status?: unknown;
    response?: { headers?: Record<string, unknown>; data?: unknown };
  };
  if (typeof status !== "number" || !response) return undefined;
  const headers = Object.fromEntries(
    Object.entries(response.headers ?? {}).map(([name, value]) => [name, scrub(String(value))]),
  );
  return {
    status,
    headers,
    message: scrub(messageOfBody(response.data)),
    requestId: headers["x-github-request-id"],
  };
}

/** Distinguishes a rate limit from a missing permission: GitHub answers 403 to both. */
export function rateLimitOf(answer: ErrorAnswer, now: number): RateLimit | undefined {
  const { status, headers, message } = answer;
  if (status !== 403 && status !== 429) return undefined;
  // The last request of the hour can be refused for another reason.
  if (/\b(?:not accessible|must have|required scopes?)\b/i.test(message)) return undefined;
  const pauseMs = retryAfterMs(answer);
  if (SECONDARY.test(message)) {
    return { limit: "secondary", resetAt: now + (pauseMs ?? DEFAULT_PAUSE_MS) };
  }
  if (headers["x-ratelimit-remaining"] === "0") {
    return {
      limit: "primary",
      resetAt: Math.max(now, readSeconds(headers["x-ratelimit-reset"]) ?? now + DEFAULT_PAUSE_MS),
    };
  }
  if (status === 429 || pauseMs !== undefined) {
    return { limit: "secondary", resetAt: now + (pauseMs ?? DEFAULT_PAUSE_MS) };
  }
  return undefined;
}

/** The pause that an answer requests, in milliseconds. */
export function retryAfterMs({ headers }: ErrorAnswer): number | undefined {
  return readSeconds(headers["retry-after"]);
}

/** A header in seconds, converted to milliseconds. */
function readSeconds(header: string | undefined): number | undefined {
  return header !== undefined && /^\d{1,12}$/.test(header) ? Number(header) * 1000 : undefined;
}

function messageOfBody(body: unknown): string {
  if (typeof body !== "object" || body === null) return "";
  const { message, errors } = body as { message?: unknown; errors?: unknown };
  const details = Array.isArray(errors) ? errors.map((item) => (typeof item === "string" ? item : "")) : [];
  return [typeof message === "string" ? message : "", ...details].filter((text) => text !== "").join(": ");
}
