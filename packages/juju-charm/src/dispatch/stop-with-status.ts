import { CodedError } from "charm-kit";
import type { Status } from "../tools/hook-tools.ts";

/**
 * Ends an event early without failing the hook: `throw new StopWithStatus({ name: "blocked", message: "Set the option
 * path" })`, from a handler or any function that it calls.
 *
 * The event's remaining handlers do not run, the unit shows the status, earlier writes are kept and committed, and the
 * hook succeeds. An event that was already deferred stays deferred. In an action, the action fails
 * with the message, and its writes are committed. In
 * `collect-unit-status` or `collect-app-status`, the status is added to the collected ones. In a re-emitted deferred
 * event, only that event ends, and the event of this dispatch still runs.
 */
export class StopWithStatus extends CodedError {
  readonly code = "stop-with-status";
  readonly status: Status;

  constructor(status: Status, options?: ErrorOptions) {
    super(status.message, options);
    this.status = status;
  }
}
