import { CodedError } from "charm-kit";

/** A charm cannot be packed; the message says what to do. */
export class PackError extends CodedError {
  readonly code = "pack";
}
