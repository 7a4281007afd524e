import { DeadlineError, withoutAction } from "charm-kit";
import { ScaleSetAnswerError, ScaleSetRefusedError, ScaleSetUnreachableError } from "scale-set-client";
import { withSystemCertificates } from "../network/system-certificates.ts";
import { rateLimitOf } from "./error-answer.ts";
import {
  BadCredentialsError,
  GithubDeadlineError,
  type GithubError,
  NameTakenError,
  NotFoundError,
  RateLimitError,
  RefusedError,
  ScaleSetSessionError,
  ScaleSetsMissingError,
  UnavailableError,
} from "./errors.ts";
import { forbiddenError } from "./forbidden.ts";

/** The scope in which a scale set is. */
export interface ScaleSetContext {
  /** The value of the option `path`. */
  readonly path: string;
  /** The needed permissions for this path, as text. */
  readonly permission: string;
  /** Milliseconds since the Unix epoch. */
  readonly now: () => number;
  /** Removes secrets from text of the server. */
  readonly scrub: (text: string) => string;
}

const LONGEST_DETAIL = 200;
const CORRECT = "correct what its answer names";
const AGAIN = "it is made again";
/** With a 400, though the caller has done nothing wrong. */
const SESSION_EXPIRED = "RunnerScaleSetSessionExpiredException";
/** Of scale sets, which a unit cannot do without. */
export const SEVERAL_LABELS =
  "a GitHub Enterprise Server gives a scale set several labels since 3.18; on an older one, use scaling=fixed";

/** Whether GitHub has no such scale set. */
export function isNoScaleSet(thrown: unknown): boolean {
  return thrown instanceof ScaleSetRefusedError && thrown.is("RunnerScaleSetNotFoundException");
}

/** Whether GitHub may have carried out what has failed. */
export function isAnswerLost(thrown: unknown): thrown is GithubError {
  if (thrown instanceof GithubDeadlineError) return true;
  return thrown instanceof UnavailableError && (thrown.status ?? 500) >= 500;
}

/**
 * Asks GitHub of scale sets.
 *
 * @param onThrown told of each error, before it is converted.
 * @throws a `GithubError`.
 */
export async function tryScaleSet<T>(
  work: () => Promise<T>,
  context: ScaleSetContext & { readonly action: string; readonly runner?: string | undefined },
  onThrown: (thrown: unknown) => void = () => undefined,
): Promise<T> {
  try {
    return await withSystemCertificates(work);
  } catch (thrown) {
    onThrown(thrown);
    throw toScaleSetError(thrown, context);
  }
}

/** Converts an error of the scale set client to one of GitHub's. Others are returned as they are. */
export function toScaleSetError(
  thrown: unknown,
  context: ScaleSetContext & { readonly action: string; readonly runner?: string | undefined },
): unknown {
  const { action } = context;
  if (thrown instanceof ScaleSetRefusedError) return toRefusal(thrown, context);
  if (thrown instanceof DeadlineError)
    return new GithubDeadlineError(action, thrown.limitMs, { cause: thrown });
  if (thrown instanceof ScaleSetUnreachableError || thrown instanceof ScaleSetAnswerError)
    return new UnavailableError(action, context.scrub(withoutAction(thrown.message)), { cause: thrown });
  return thrown;
}

function toRefusal(
  refusal: ScaleSetRefusedError,
  {
    action,
    path,
    permission,
    now,
    scrub,
    runner,
  }: ScaleSetContext & { readonly action: string; readonly runner?: string | undefined },
): GithubError {
  const { status, requestId, headers: reasons } = refusal;
  const facts = { status, requestId };
  const headers = Object.fromEntries(Object.entries(reasons).map(([name, value]) => [name, scrub(value)]));
  const text = scrub(refusal.detail.replaceAll(/\s+/g, " ")).slice(0, LONGEST_DETAIL);
  const detail = `GitHub answered ${status}${text === "" ? "" : ` (${text})`}`;
  if (refusal.is("RunnerScaleSetSessionConflictException")) {
    const state = "another session of this scale set is alive; GitHub ends it within minutes";
    return new ScaleSetSessionError(action, state, facts);
  }
  if (refusal.typeName?.includes(SESSION_EXPIRED))
    return new UnavailableError(action, `${detail}; ${AGAIN}`, facts);
  if (refusal.is("AgentExistsException") && runner !== undefined) return new NameTakenError(runner, facts);
  const answer = { status, headers, message: text, requestId };
  const limit = rateLimitOf(answer, now());
  if (limit) return new RateLimitError(action, limit, facts);
  switch (status) {
    case 401:
      return new BadCredentialsError(action, facts);
    case 403:
      return forbiddenError(answer, { action, detail, permission });
    case 404:
      return refusal.is("RunnerScaleSetNotFoundException") ||
        refusal.action === "acquire jobs" ||
        refusal.action.includes("session") ||
        refusal.action.includes("messages")
        ? new UnavailableError(action, `${detail}; ${AGAIN}`, facts)
        : notFound(refusal, action, path, facts);
    case 400:
    case 422:
      return new RefusedError(action, `${detail}; ${remedyOf(refusal)}`, facts);
    case 409:
      return new RefusedError(action, `${detail}; ${CORRECT}`, facts);
    default:
      return new UnavailableError(action, detail, facts);
  }
}

function remedyOf({ action }: ScaleSetRefusedError): string {
  return action.startsWith("create the scale set") ? SEVERAL_LABELS : CORRECT;
}

/** The REST API answers 404 where the token reaches nothing, the service where it has no scale sets. */
function notFound(
  refusal: ScaleSetRefusedError,
  action: string,
  path: string,
  facts: { status: number; requestId: string | undefined },
): GithubError {
  if (refusal.action === "get a registration token") return new NotFoundError(action, path, facts);
  const state =
    "this GitHub has no runner scale sets, which GitHub Enterprise Server has since 3.9; use scaling=fixed";
  return new ScaleSetsMissingError(action, state, facts);
}
