import { CodedError } from "charm-kit";

/** The charm cannot emit this event. */
export class EmitError extends CodedError {
  readonly code = "emit";
  /** Name of the event. */
  readonly event: string;

  constructor(event: string, problem: string, options?: ErrorOptions) {
    super(`Cannot emit ${event}: ${problem}`, options);
    this.event = event;
  }
}
