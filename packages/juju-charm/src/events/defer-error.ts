import { CodedError } from "charm-kit";

/** This observer cannot defer the event, or no longer can. */
export class DeferError extends CodedError {
  readonly code = "defer";
  /** Name of the event, such as `stop`. */
  readonly event: string;

  constructor(event: string, problem: string, options?: ErrorOptions) {
    super(`Cannot defer ${event}: ${problem}`, options);
    this.event = event;
  }
}
