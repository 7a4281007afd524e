import { CodedError } from "charm-kit";

/** The project of a charm cannot be started; the message says what to do. */
export class CreateCharmError extends CodedError {
  readonly code = "create-charm";
}
