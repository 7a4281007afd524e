import { CodedError } from "charm-kit";

/** A verb of the command line cannot do its work; the message says what to do. */
export class CliError extends CodedError {
  readonly code = "command-line";
}
