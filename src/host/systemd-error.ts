import { CharmError } from "../support/errors.ts";

/** systemd did not do what it was asked for. */
export class SystemdError extends CharmError {
  readonly code = "systemd";

  constructor(action: string, detail: string, options?: ErrorOptions) {
    super(`Cannot ${action}: systemd says "${detail}"`, options);
  }
}
