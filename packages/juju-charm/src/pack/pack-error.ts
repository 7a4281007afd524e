import { CodedError } from "charm-kit";

/** A charm cannot be packed. The message includes advice. */
export class PackError extends CodedError {
  readonly code = "pack";
}
