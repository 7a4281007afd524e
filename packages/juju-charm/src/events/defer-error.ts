import { CodedError } from "charm-kit";

/** An event cannot be deferred by this observer, or not any more. */
export class DeferError extends CodedError {
  readonly code = "defer";
  /** Name of the event, such as `stop`. */
  readonly event: string;

  constructor(event: string, fault: string, options?: ErrorOptions) {
    super(`Cannot defer ${event}: ${fault}`, options);
    this.event = event;
  }
}
