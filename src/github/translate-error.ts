import { DeadlineError } from "charm-kit";
import {
  BadCredentialsError,
  GithubDeadlineError,
  type GithubError,
  MissingPermissionError,
  NotFoundError,
  RateLimitError,
  RefusedError,
  UnavailableError,
} from "./errors.ts";

/** What a failure is told with. */
export interface FailureContext {
  /** What was being done, as it reads after "Cannot". */
  readonly action: string;
  /** The path, as the option `path` has it. */
  readonly path: string;
  /** What a token needs for this path. */
  readonly permission: string;
  /** Milliseconds since the Unix epoch. */
  readonly now: number;
  /** Takes secrets out of text that came from outside. */
  readonly scrub: (text: string) => string;
}

/** An answer that is an error, reduced to what tells one kind from another. */
interface Refusal {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly message: string;
  readonly requestId: string | undefined;
}

/** Without a `retry-after`, GitHub asks to wait at least a minute. */
const DEFAULT_PAUSE_MS = 60_000;
const LONGEST_DETAIL = 200;

/**
 * Makes a typed error of what Octokit threw.
 *
 * The answer itself is not kept: its body may hold anything, the token and a runner's private key among it.
 */
export function toGithubError(thrown: unknown, context: FailureContext): GithubError {
  if (thrown instanceof DeadlineError) {
    return new GithubDeadlineError(context.action, thrown.limitMs, { cause: thrown });
  }
  const refusal = readRefusal(thrown, context.scrub);
  if (!refusal) return networkError(thrown, context);
  const facts = { status: refusal.status, requestId: refusal.requestId };
  const detail = `GitHub answered ${describe(refusal)}`;
  const limit = rateLimitOf(refusal, context.now);
  if (limit) return new RateLimitError(context.action, limit, facts);
  switch (refusal.status) {
    case 401:
      return new BadCredentialsError(context.action, facts);
    case 403:
      return new MissingPermissionError(
        context.action,
        { needed: context.permission, ...permissionsOf(refusal), detail },
        facts,
      );
    case 404:
      return new NotFoundError(context.action, context.path, facts);
    case 400:
    case 410:
    case 422:
    case 451:
      return new RefusedError(context.action, detail, facts);
    default:
      return new UnavailableError(context.action, detail, facts);
  }
}

function readRefusal(thrown: unknown, scrub: (text: string) => string): Refusal | undefined {
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

function messageOfBody(body: unknown): string {
  if (typeof body !== "object" || body === null) return "";
  const { message, errors } = body as { message?: unknown; errors?: unknown };
  const details = Array.isArray(errors) ? errors.map((item) => (typeof item === "string" ? item : "")) : [];
  return [typeof message === "string" ? message : "", ...details].filter((text) => text !== "").join(": ");
}

function describe({ status, message }: Refusal): string {
  if (message === "") return String(status);
  const line = message.replaceAll(/\s+/g, " ");
  return `${status} (${line.length > LONGEST_DETAIL ? `${line.slice(0, LONGEST_DETAIL)}…` : line})`;
}

/** Tells a rate limit from a missing permission: GitHub answers 403 for both. */
function rateLimitOf(
  refusal: Refusal,
  now: number,
): { limit: "primary" | "secondary"; resetAt: number } | undefined {
  const { status, headers, message } = refusal;
  if (status !== 403 && status !== 429) return undefined;
  // The last request of the hour may be refused for another reason, and says so.
  if (/\b(?:not accessible|must have|required scopes?)\b/i.test(message)) return undefined;
  const pauseMs = readSeconds(headers["retry-after"]);
  if (/\bsecondary rate\b/i.test(message)) {
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

/** A header of seconds, in milliseconds. */
function readSeconds(header: string | undefined): number | undefined {
  return header !== undefined && /^\d{1,12}$/.test(header) ? Number(header) * 1000 : undefined;
}

/** GitHub names the scopes of classic tokens, and what it wants of fine-grained tokens and Apps. */
function permissionsOf({ headers }: Refusal): { granted: string | undefined; accepted: string | undefined } {
  return { granted: headers["x-oauth-scopes"], accepted: headers["x-accepted-github-permissions"] };
}

function networkError(thrown: unknown, { action, scrub }: FailureContext): GithubError {
  const cause = rootOf(thrown);
  return new UnavailableError(action, `the connection failed, ${scrub(cause?.message ?? String(thrown))}`, {
    cause,
  });
}

/** The innermost error: fetch and Octokit wrap what the socket said, Octokit together with the whole request. */
function rootOf(thrown: unknown): Error | undefined {
  let root: Error | undefined;
  for (let link = thrown; link instanceof Error; link = link.cause) root = link;
  return root;
}
