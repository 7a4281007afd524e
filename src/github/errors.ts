import { ConditionError } from "charm-kit";

/** What is known of an answer that is an error; all of it is missing when there was no answer. */
export interface AnswerFacts {
  /** HTTP status. */
  readonly status?: number | undefined;
  /** GitHub's `x-github-request-id`, which its support asks for. */
  readonly requestId?: string | undefined;
  readonly cause?: unknown;
}

/** Root of what can go wrong with GitHub. No message holds a token. */
export abstract class GithubError extends ConditionError {
  /** HTTP status; undefined when no answer came. */
  readonly status: number | undefined;
  /** GitHub's `x-github-request-id`, which its support asks for. */
  readonly requestId: string | undefined;

  constructor(action: string, state: string, facts: AnswerFacts = {}) {
    super(`Cannot ${action}: ${state}`, facts.cause === undefined ? {} : { cause: facts.cause });
    this.status = facts.status;
    this.requestId = facts.requestId;
  }
}

/** GitHub does not know the token: it is wrong, expired or revoked. */
export class BadCredentialsError extends GithubError {
  readonly code = "github-bad-credentials";
  readonly remedy = "person";
  override readonly title = "Invalid token";

  constructor(action: string, facts: AnswerFacts) {
    super(action, "GitHub refuses the token; it is wrong, expired or revoked", facts);
  }
}

/** GitHub gives no token to the GitHub App: its key, its installation or the permissions of that are not what they should be. */
export class AppRefusedError extends GithubError {
  readonly code = "github-app";
  readonly remedy = "person";
  override readonly title = "Invalid GitHub App";
}

/** What a refused token has and lacks. */
export interface PermissionFacts {
  /** What the token needs for this kind of path, as a person reads it. */
  readonly needed: string;
  /** `x-oauth-scopes`: what a classic token has; the empty string is a token without any scope. */
  readonly granted: string | undefined;
  /** `x-accepted-github-permissions`: what GitHub wants of a fine-grained token or an App. */
  readonly accepted: string | undefined;
}

/** GitHub knows the token, but the token may not do this. */
export class MissingPermissionError extends GithubError {
  readonly code = "github-missing-permission";
  readonly remedy = "person";
  override readonly title = "Token lacks a permission";
  readonly permissions: PermissionFacts;

  constructor(
    action: string,
    permissions: PermissionFacts & { readonly detail: string },
    facts: AnswerFacts,
  ) {
    const { needed, granted, accepted, detail } = permissions;
    const has = granted === undefined ? "" : `; it has ${granted === "" ? "no scope" : `'${granted}'`}`;
    const wants = accepted === undefined ? "" : `; GitHub asks for '${accepted}'`;
    super(action, `${detail}; the token needs ${needed}${has}${wants}`, facts);
    this.permissions = { needed, granted, accepted };
  }
}

/** GitHub wants fewer requests for some time. */
export class RateLimitError extends GithubError {
  readonly code = "github-rate-limit";
  readonly remedy = "outside";
  /** `primary` counts requests an hour; `secondary` is GitHub's guard against bursts. */
  readonly limit: "primary" | "secondary";
  /** When requests are welcome again, in milliseconds since the Unix epoch. */
  readonly resetAt: number;

  constructor(action: string, rate: { limit: "primary" | "secondary"; resetAt: number }, facts: AnswerFacts) {
    const until = new Date(rate.resetAt).toISOString();
    super(action, `GitHub's ${rate.limit} rate limit is reached until ${until}`, facts);
    this.limit = rate.limit;
    this.resetAt = rate.resetAt;
  }
}

/** What was asked for is not there, or the token cannot see it: GitHub gives the same answer for both. */
export class NotFoundError extends GithubError {
  readonly code = "github-not-found";
  readonly remedy = "person";
  /** The path, as the option `path` has it. */
  readonly path: string;

  constructor(action: string, path: string, facts: AnswerFacts) {
    super(action, `'${path}' is not there, or the token cannot see it`, facts);
    this.path = path;
  }
}

/** GitHub refuses the request as such; the same request again is refused again. */
export class RefusedError extends GithubError {
  readonly code = "github-refused";
  readonly remedy = "person";

  constructor(action: string, detail: string, facts: AnswerFacts) {
    super(action, `GitHub refuses it, ${detail}`, facts);
  }
}

/** A runner of this name is registered; the next attempt needs a new name. */
export class NameTakenError extends GithubError {
  readonly code = "github-name-taken";
  readonly remedy = "retry";
  readonly runner: string;

  constructor(runner: string, facts: AnswerFacts) {
    super(`register runner '${runner}'`, "a runner of this name is registered; take a new name", facts);
    this.runner = runner;
  }
}

/** GitHub may have registered the runner, but its answer was lost; the next attempt needs a new name. */
export class RegistrationLostError extends GithubError {
  readonly code = "github-registration-lost";
  readonly remedy = "retry";
  readonly runner: string;
  /**
   * Whether a registration of this name was deleted or none was found. GitHub's list may lag by seconds, so one may
   * still come to light; the next reconcile finds it by its name.
   */
  readonly cleaned: boolean;

  constructor(runner: string, cleaned: boolean, cause: GithubError) {
    const left = cleaned ? "no registration was found left" : "a registration may be left";
    super(`register runner '${runner}'`, `the answer was lost and ${left}; take a new name`, {
      status: cause.status,
      requestId: cause.requestId,
      cause,
    });
    this.runner = runner;
    this.cleaned = cleaned;
  }
}

/** No usable answer: network trouble, a server error, a body that is not what the API promises. */
export class UnavailableError extends GithubError {
  readonly code = "github-unavailable";
  readonly remedy = "outside";
}

/** GitHub took longer than it may. */
export class GithubDeadlineError extends GithubError {
  readonly code = "github-deadline";
  readonly remedy = "outside";
  readonly limitMs: number;

  constructor(action: string, limitMs: number, facts: AnswerFacts) {
    super(action, `no answer within ${limitMs / 1000} seconds`, facts);
    this.limitMs = limitMs;
  }
}

/** The organisation or enterprise has no runner group of this name, or the token cannot see it. */
export class RunnerGroupError extends GithubError {
  readonly code = "github-runner-group";
  readonly remedy = "person";
  readonly group: string;
  /** Names of the groups that the token sees. */
  readonly available: readonly string[];

  constructor(group: string, path: string, available: readonly string[]) {
    const names = available.length === 0 ? "none" : available.map((name) => `'${name}'`).join(", ");
    super(`use runner group '${group}'`, `'${path}' has no such group; the token sees ${names}`);
    this.group = group;
    this.available = available;
  }
}
