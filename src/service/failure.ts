import { CodedError, findCause } from "charm-kit";
import { ApplicationDiedError } from "../runners/errors.ts";
import { retryTimeOf } from "../unit/retry-time.ts";
import { tellError } from "../unit/told-error.ts";
import type { Concern, Failure } from "./back-off.ts";
import type { Round } from "./ports.ts";

/** The failures of a round, each with what it keeps from being done. Pure. */
export function failuresOf({
  failures,
  ofRemovals,
}: Pick<Round, "failures" | "ofRemovals">): readonly Failure[] {
  return failures.map((failure) => failureOf(failure, concernOf(failure, ofRemovals)));
}

function concernOf(failure: Error, ofRemovals: readonly Error[]): Concern {
  if (ofRemovals.includes(failure)) return "removal";
  return findCause(failure, ApplicationDiedError) ? "lifetime" : "creation";
}

/** The innermost error with a code names the cause: it is the most specific one. Pure. */
export function failureOf(thrown: unknown, concern: Concern): Failure {
  let named: CodedError | undefined;
  for (let link = thrown; link instanceof Error; link = link.cause) {
    if (link instanceof CodedError) named = link;
  }
  return {
    concern,
    cause: named?.code ?? "unknown",
    error: tellError(thrown),
    notBefore: named && retryTimeOf(named),
  };
}
