import { CodedError } from "charm-kit";

/** A test asks for what Juju would never bring about. All faults are told at once. */
export class InconsistentStateError extends CodedError {
  readonly code = "inconsistent-state";
  readonly faults: readonly string[];

  constructor(event: string, faults: readonly string[]) {
    super(`Cannot run ${event}: this cannot be under Juju: ${faults.join("; ")}`);
    this.faults = faults;
  }
}
