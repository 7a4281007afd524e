import { CodedError } from "charm-kit";

/** A charm's project cannot be created; the message says what to do. */
export class CreateCharmError extends CodedError {
  readonly code = "create-charm";
}
