import { ConditionError } from "charm-kit";

/** The kernel's packet filter does not take the rules that close the machine to its runners. */
export class PacketFilterError extends ConditionError {
  readonly code = "packet-filter";
  readonly remedy = "person";
  override readonly checkedBy = "update-status";

  constructor(detail: string, options?: ErrorOptions) {
    super(`Cannot close this machine to its runners: ${detail}`, options);
  }
}
