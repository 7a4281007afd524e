import { CodedError, messageOf } from "charm-kit";
import type { JsonObject } from "juju-hook-tools";
import type { State } from "./state/state.ts";

/** The hook failed. `cause` is the charm's error or, for a packed charm, a {@link CharmProcessError}. */
export class UncaughtCharmError extends CodedError {
  readonly code = "uncaught-charm-error";
  readonly event: string;
  /** The state after the failure, with immediate changes: statuses, the workload version, tracked secret revisions. */
  readonly state: State;

  constructor(event: string, state: State, cause: unknown) {
    super(`Cannot run ${event}: the charm failed: ${messageOf(cause)}`, { cause });
    this.event = event;
    this.state = state;
  }
}

/** The action failed, with the message for its caller. */
export class ActionFailed extends CodedError {
  readonly code = "action-failed";
  /** The state after the action, with all writes if the process succeeded, as it does when a handler throws. */
  readonly state: State;
  readonly results: JsonObject;

  constructor(
    message: string,
    outcome: { readonly state: State; readonly results: JsonObject },
    options?: ErrorOptions,
  ) {
    super(message, options);
    this.state = outcome.state;
    this.results = outcome.results;
  }
}
