import { CodedError } from "charm-kit";

/** The kernel's packet filter does not take the rules that close the machine to its runners. */
export class PacketFilterError extends CodedError {
  readonly code = "packet-filter";

  constructor(detail: string, options?: ErrorOptions) {
    super(`Cannot close this machine to its runners: ${detail}`, options);
  }
}
