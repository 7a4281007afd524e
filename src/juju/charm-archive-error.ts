import { CharmError } from "../support/errors.ts";

/** An archive or a file in it is not what `juju deploy` accepts. */
export class CharmArchiveError extends CharmError {
  readonly code = "charm-archive";
}
