import { DeadlineError, findCause } from "charm-kit";
import { AnswerTooLargeError } from "./bounded-fetch.ts";
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
import { rateLimitOf, readErrorAnswer, type ErrorAnswer } from "./error-answer.ts";

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

function describe({ status, message }: ErrorAnswer): string {
  if (message === "") return String(status);
  const line = message.replaceAll(/\s+/g, " ");
  return `${status} (${line.length > LONGEST_DETAIL ? `${line.slice(0, LONGEST_DETAIL)}…` : line})`;
}

/** GitHub names the scopes of classic tokens, and what it wants of fine-grained tokens and Apps. */
function permissionsOf({ headers }: ErrorAnswer): {
  granted: string | undefined;
  accepted: string | undefined;
} {
  return { granted: headers["x-oauth-scopes"], accepted: headers["x-accepted-github-permissions"] };
}

function networkError(thrown: unknown, { action, scrub }: FailureContext): GithubError {
  const tooLarge = findCause(thrown, AnswerTooLargeError);
  if (tooLarge) return new UnavailableError(action, tooLarge.detail, { cause: tooLarge });
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
