import { CodedError } from "charm-kit";

/** systemd did not do what it was asked for. */
export class SystemdError extends CodedError {
  readonly code = "systemd";

  constructor(action: string, detail: string, options?: ErrorOptions) {
    super(`Cannot ${action}: systemd says "${detail}"`, options);
  }
}
