import { CodedError, messageOf } from "charm-kit";
import type { JsonObject } from "juju-hook-tools";
import type { State } from "./state/state.ts";

/** The charm failed the hook. `cause` is what it threw; of a packed charm, how its process ended. */
export class UncaughtCharmError extends CodedError {
  readonly code = "uncaught-charm-error";
  readonly event: string;
  /** What Juju has kept all the same: statuses, the workload version, which secrets are tracked. */
  readonly state: State;

  constructor(event: string, state: State, cause: unknown) {
    super(`Cannot run ${event}: the charm failed: ${messageOf(cause)}`, { cause });
    this.event = event;
    this.state = state;
  }
}

/** The action failed. Its message is what its caller reads. */
export class ActionFailed extends CodedError {
  readonly code = "action-failed";
  /** The state after the action: with all it wrote when the process ended well, as it does when a handler throws. */
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
