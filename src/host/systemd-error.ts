import { ConditionError } from "charm-kit";

/** A systemd command failed. */
export class SystemdError extends ConditionError {
  readonly code = "systemd";
  readonly remedy = "retry";
  override readonly checkedBy = "update-status";

  constructor(action: string, detail: string, options?: ErrorOptions) {
    super(`Cannot ${action}: systemd says "${detail}"`, options);
  }
}
