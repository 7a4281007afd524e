import { ConditionError } from "charm-kit";

/** Facts of an error answer; all undefined if there was no answer. */
export interface AnswerFacts {
  /** HTTP status. */
  readonly status?: number | undefined;
  /** GitHub's `x-github-request-id`, for its support. */
  readonly requestId?: string | undefined;
  readonly cause?: unknown;
}

/** Root of the errors of GitHub. No message contains a token. */
export abstract class GithubError extends ConditionError {
  /** HTTP status; undefined if there was no answer. */
  readonly status: number | undefined;
  /** GitHub's `x-github-request-id`, for its support. */
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
    super(action, "GitHub refuses the token; it is wrong, expired or revoked; set a valid one", facts);
  }
}

/** GitHub issues no token to the GitHub App, because of its key, its installation or the installation's permissions. */
export class AppRefusedError extends GithubError {
  readonly code = "github-app";
  readonly remedy = "person";
  override readonly title = "Invalid GitHub App";
}

/** Permissions of a refused token. */
export interface PermissionFacts {
  /** The needed permissions for this kind of path, as text. */
  readonly needed: string;
  /** `x-oauth-scopes`: the scopes of a classic token; "" for a token without any scope. */
  readonly granted: string | undefined;
  /** `x-accepted-github-permissions`: the permissions that GitHub requires of a fine-grained token or an App. */
  readonly accepted: string | undefined;
}

/** GitHub knows the token, but the token lacks a permission. */
export class MissingPermissionError extends GithubError {
  readonly code = "github-missing-permission";
  readonly remedy = "person";
  override readonly title = "The token lacks a permission";
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

/** GitHub knows the credentials, and a rule of the organisation or a suspension keeps them out. */
export class AccessBlockedError extends GithubError {
  readonly code = "github-access-blocked";
  readonly remedy = "person";
}

/** A rate limit of GitHub is exceeded. */
export class RateLimitError extends GithubError {
  readonly code = "github-rate-limit";
  readonly remedy = "outside";
  /** `primary`: requests per hour; `secondary`: protection against bursts. */
  readonly limit: "primary" | "secondary";
  /** When requests are allowed again, in milliseconds since the Unix epoch. */
  readonly resetAt: number;

  constructor(action: string, rate: { limit: "primary" | "secondary"; resetAt: number }, facts: AnswerFacts) {
    const until = new Date(rate.resetAt).toISOString();
    super(action, `GitHub's ${rate.limit} rate limit is reached until ${until}`, facts);
    this.limit = rate.limit;
    this.resetAt = rate.resetAt;
  }
}

/** The object does not exist, or the token has no access to it: GitHub gives the same answer in both cases. */
export class NotFoundError extends GithubError {
  readonly code = "github-not-found";
  readonly remedy = "person";
  /** The value of the option `path`. */
  readonly path: string;

  constructor(action: string, path: string, facts: AnswerFacts) {
    super(
      action,
      `'${path}' does not exist, or the token has no access to it; correct path, or give the token access`,
      facts,
    );
    this.path = path;
  }
}

/** GitHub rejects the request; it would reject the same request again. */
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
    super(`register runner '${runner}'`, "a runner of this name is registered; use a new name", facts);
    this.runner = runner;
  }
}

/** GitHub may have registered the runner, but its answer was lost; the next attempt needs a new name. */
export class RegistrationLostError extends GithubError {
  readonly code = "github-registration-lost";
  readonly remedy = "retry";
  readonly runner: string;
  /**
   * Whether the registration was deleted or not found. GitHub's list may lag by seconds, so it may still appear; the next
   * reconcile finds it by its name.
   */
  readonly cleaned: boolean;

  constructor(runner: string, cleaned: boolean, cause: GithubError) {
    const left = cleaned ? "GitHub lists no registration of it" : "a registration may be left";
    super(`register runner '${runner}'`, `the answer was lost and ${left}; use a new name`, {
      status: cause.status,
      requestId: cause.requestId,
      cause,
    });
    this.runner = runner;
    this.cleaned = cleaned;
  }
}

/** No usable answer: a network error, a server error, an unexpected body. */
export class UnavailableError extends GithubError {
  readonly code = "github-unavailable";
  readonly remedy = "outside";
}

/** GitHub did not answer before the deadline. */
export class GithubDeadlineError extends GithubError {
  readonly code = "github-deadline";
  readonly remedy = "outside";
  readonly limitMs: number;

  constructor(action: string, limitMs: number, facts: AnswerFacts) {
    super(action, `no answer within ${limitMs / 1000} seconds`, facts);
    this.limitMs = limitMs;
  }
}

/** The organisation or enterprise has no runner group of this name, or the token has no access to it. */
export class RunnerGroupError extends GithubError {
  readonly code = "github-runner-group";
  readonly remedy = "person";
  readonly group: string;
  /** Names of the groups that the token has access to. */
  readonly available: readonly string[];

  constructor(group: string, path: string, available: readonly string[]) {
    const names = available.length === 0 ? "none" : available.map((name) => `'${name}'`).join(", ");
    super(
      `use runner group '${group}'`,
      `'${path}' has no such group; set group to one that the token has access to: ${names}`,
    );
    this.group = group;
    this.available = available;
  }
}

/** Another session of the scale set is alive, usually that of a process that was killed. */
export class ScaleSetSessionError extends GithubError {
  readonly code = "github-scale-set-session";
  readonly remedy = "outside";
}

/** This GitHub has no scale sets as the unit needs them. */
export class ScaleSetsMissingError extends GithubError {
  readonly code = "github-scale-sets-missing";
  readonly remedy = "person";
}

/** A scale set of this name belongs to another unit, or to something else that listens to it. */
export class ScaleSetTakenError extends GithubError {
  readonly code = "github-scale-set-taken";
  readonly remedy = "person";
  /** The value of the option `scale-set-name`. */
  readonly scaleSet: string;
  /** The other unit, such as `runners-1`; undefined where the scale set does not tell it. */
  readonly owner: string | undefined;

  constructor(scaleSet: string, owner: string | undefined) {
    super(
      `use the scale set '${scaleSet}'`,
      `it is that of ${owner === undefined ? "something else, which listens to it" : `another unit, ${owner}`}, and a scale set has one session; set scale-set-name to a name of this unit's own, or leave it empty`,
    );
    this.scaleSet = scaleSet;
    this.owner = owner;
  }
}
