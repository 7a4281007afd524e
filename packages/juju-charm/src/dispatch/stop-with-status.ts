import { CodedError } from "charm-kit";
import type { Status } from "../tools/hook-tools.ts";

/**
 * Thrown by a handler that can do no more, where that is no failure: `throw new StopWithStatus({ name: "blocked",
 * message: "Set the option path" })`. It need not be handed up through the functions in between.
 *
 * The handlers behind it are not called, the unit shows the status, what was written so far is kept and committed, and
 * the hook succeeds. An event that was deferred before stays deferred. Within an action, the action fails with the
 * message. Within `collect-unit-status` or `collect-app-status`, the status is one of those to choose from. Within a
 * deferred event that is brought again, that event alone ends: the event of this dispatch still comes.
 */
export class StopWithStatus extends CodedError {
  readonly code = "stop-with-status";
  readonly status: Status;

  constructor(status: Status, options?: ErrorOptions) {
    super(status.message, options);
    this.status = status;
  }
}
