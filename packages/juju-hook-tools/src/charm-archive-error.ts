import { CodedError } from "charm-kit";

/** `juju deploy` would not accept an archive or a file in it. */
export class CharmArchiveError extends CodedError {
  readonly code = "charm-archive";
}
