import { CodedError } from "charm-kit";

/** A command of `juju-charm` failed. The message includes advice. */
export class CliError extends CodedError {
  readonly code = "command-line";
}
