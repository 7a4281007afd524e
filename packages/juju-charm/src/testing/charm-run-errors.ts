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

/**
 * The action failed, with Juju's message for its caller: that of `event.fail()` or {@link StopWithStatus}, or
 * `exit status 1` after an error, which is the `cause`.
 */
export class ActionFailed extends CodedError {
  readonly code = "action-failed";
  /** The state after the action: with all writes when it failed on purpose, without them after an error. */
  readonly state: State;
  readonly results: JsonObject;
  /** Standard error of the process, which Juju shows in the results. After an error its message. */
  readonly stderr: string;

  constructor(
    message: string,
    outcome: { readonly state: State; readonly results: JsonObject; readonly stderr: string },
    options?: ErrorOptions,
  ) {
    super(message, options);
    this.state = outcome.state;
    this.results = outcome.results;
    this.stderr = outcome.stderr;
  }
}
