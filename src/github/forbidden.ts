import type { ErrorAnswer } from "./error-answer.ts";
import {
  AccessBlockedError,
  type GithubError,
  MissingPermissionError,
  type PermissionFacts,
  RefusedError,
} from "./errors.ts";

/** A 403 that is no rate limit. */
export interface Forbidden {
  readonly action: string;
  /** GitHub's answer, for a message. */
  readonly detail: string;
  /** The needed permissions for this path, as text. */
  readonly permission: string;
}

/** One cause of a 403, recognised by GitHub's text, and its remedy. */
interface Cause {
  readonly text: RegExp;
  readonly error: "refused" | "blocked";
  readonly remedy: string;
}

const SIGN_ON = "authorise the token for single sign-on of the organisation";

/** GitHub has been seen to give no reason where a repository may have no runners of its own. */
const ALLOW_RUNNERS = "where self-hosted runners are disabled, allow them in the Actions settings";

/**
 * Causes of a 403 other than a missing permission, with GitHub's texts as its documentation and its users report them. An
 * unknown text is taken for a missing permission, and is shown.
 */
const CAUSES: readonly Cause[] = [
  {
    text: /self-hosted runners? (?:is|are|has been|have been) (?:disabled|not allowed)/i,
    error: "refused",
    remedy: "allow them in the Actions settings of the organisation, or register runners at the organisation",
  },
  {
    text: /\barchived\b/i,
    error: "refused",
    remedy: "unarchive the repository, or set another path",
  },
  {
    text: /\bactions (?:is|are|has been) disabled\b/i,
    error: "refused",
    remedy: "enable GitHub Actions there",
  },
  {
    text: /\bSAML\b|\bsingle sign-on\b/i,
    error: "blocked",
    remedy: SIGN_ON,
  },
  {
    text: /\bIP (?:address )?allow ?list\b/i,
    error: "blocked",
    remedy: "add this machine's public address to the list, or let the App manage it",
  },
  {
    text: /\bsuspended\b/i,
    error: "blocked",
    remedy: "have the account or the App's installation reinstated, or use other credentials",
  },
];

/** Converts a 403 to the error of its cause. */
export function forbiddenError(answer: ErrorAnswer, context: Forbidden): GithubError {
  const { action, detail, permission } = context;
  const facts = { status: answer.status, requestId: answer.requestId };
  const link = signOnLink(answer);
  const cause = CAUSES.find(({ text }) => text.test(answer.message));
  if (link !== undefined || cause?.error === "blocked") {
    const remedy = cause?.remedy ?? SIGN_ON;
    return new AccessBlockedError(action, `${detail}; ${remedy}${link ? ` at ${link}` : ""}`, facts);
  }
  if (cause) return new RefusedError(action, `${detail}; ${cause.remedy}`, facts);
  const told = answer.message === "" ? `${detail} without a reason; ${ALLOW_RUNNERS}` : detail;
  return new MissingPermissionError(
    action,
    { needed: permission, ...permissionsOf(answer), detail: told },
    facts,
  );
}

/** GitHub sends the address of the page that authorises a token, as `required; url=https://...`. */
function signOnLink({ headers }: ErrorAnswer): string | undefined {
  const [, link = ""] = /\burl=(\S+)/.exec(headers["x-github-sso"] ?? "") ?? [];
  const isUsable = link.length <= LONGEST_LINK && URL.canParse(link) && link.startsWith("https://");
  return isUsable ? link : undefined;
}

const LONGEST_LINK = 300;

/** GitHub sends the scopes of classic tokens, and the permissions that it requires of fine-grained tokens and Apps. */
function permissionsOf({ headers }: ErrorAnswer): Omit<PermissionFacts, "needed"> {
  return { granted: headers["x-oauth-scopes"], accepted: headers["x-accepted-github-permissions"] };
}
