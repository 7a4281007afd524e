import { CodedError } from "charm-kit";

/** An archive or a file in it is not what `juju deploy` accepts. */
export class CharmArchiveError extends CodedError {
  readonly code = "charm-archive";
}
