import { DeadlineError, findCause } from "charm-kit";
import { AnswerTooLargeError } from "./bounded-fetch.ts";
import { forbiddenError } from "./forbidden.ts";
import { RateLimitedRequest } from "./rate-gate.ts";
import {
  BadCredentialsError,
  GithubDeadlineError,
  type GithubError,
  NotFoundError,
  RateLimitError,
  RefusedError,
  UnavailableError,
} from "./errors.ts";
import { rateLimitOf, readErrorAnswer, type ErrorAnswer } from "./error-answer.ts";

/** Context of a failed request. */
export interface FailureContext {
  /** The action, for the message "Cannot <action>". */
  readonly action: string;
  /** The value of the option `path`. */
  readonly path: string;
  /** The needed permissions for this path, as text. */
  readonly permission: string;
  /** Milliseconds since the Unix epoch. */
  readonly now: number;
  /** Removes secrets from text of the server. */
  readonly scrub: (text: string) => string;
}

const LONGEST_DETAIL = 200;

/**
 * Converts an error of Octokit to a typed one.
 *
 * The answer itself is dropped: its body may contain anything, such as the token or a runner's private key.
 */
export function toGithubError(thrown: unknown, context: FailureContext): GithubError {
  if (thrown instanceof DeadlineError) {
    return new GithubDeadlineError(context.action, thrown.limitMs, { cause: thrown });
  }
  const kept = findCause(thrown, RateLimitedRequest);
  if (kept) return new RateLimitError(context.action, kept.limit, {});
  const refusal = readErrorAnswer(thrown, context.scrub);
  if (!refusal) return networkError(thrown, context);
  const facts = { status: refusal.status, requestId: refusal.requestId };
  const detail = `GitHub answered ${describe(refusal)}`;
  const limit = rateLimitOf(refusal, context.now);
  if (limit) return new RateLimitError(context.action, limit, facts);
  switch (refusal.status) {
    case 401:
      return new BadCredentialsError(context.action, facts);
    case 403:
      return forbiddenError(refusal, { ...context, detail });
    case 404:
      return new NotFoundError(context.action, context.path, facts);
    case 400:
    case 410:
    case 422:
    case 451:
      return new RefusedError(context.action, `${detail}; correct what its answer names`, facts);
    default:
      return new UnavailableError(context.action, detail, facts);
  }
}

function describe({ status, message }: ErrorAnswer): string {
  if (message === "") return String(status);
  const line = message.replaceAll(/\s+/g, " ");
  return `${status} (${line.length > LONGEST_DETAIL ? `${line.slice(0, LONGEST_DETAIL)}…` : line})`;
}

function networkError(thrown: unknown, { action, scrub }: FailureContext): GithubError {
  const tooLarge = findCause(thrown, AnswerTooLargeError);
  if (tooLarge) return new UnavailableError(action, tooLarge.detail, { cause: tooLarge });
  const cause = rootOf(thrown);
  return new UnavailableError(action, `the connection failed, ${scrub(cause?.message ?? String(thrown))}`, {
    cause,
  });
}

/** The innermost error: fetch and Octokit wrap the error of the socket, Octokit together with the whole request. */
function rootOf(thrown: unknown): Error | undefined {
  let root: Error | undefined;
  for (let link = thrown; link instanceof Error; link = link.cause) root = link;
  return root;
}
