import { ConditionError } from "charm-kit";

/** The kernel's packet filter refuses the rules that block runners from the machine. */
export class PacketFilterError extends ConditionError {
  readonly code = "packet-filter";
  readonly remedy = "person";
  override readonly checkedBy = "update-status";

  constructor(detail: string, options?: ErrorOptions) {
    super(`Cannot close this machine to its runners: ${detail}`, options);
  }
}
