import { CodedError, messageOf } from "charm-kit";

/** An action did not run, because a deferred event failed before it. */
export class DeferredEventError extends CodedError {
  readonly code = "deferred-event";
  readonly action: string;

  constructor(action: string, cause: unknown) {
    super(`Cannot run ${action}: a deferred event failed: ${messageOf(cause)}`, { cause });
    this.action = action;
  }
}
