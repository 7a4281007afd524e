import { ConditionError } from "charm-kit";

/** systemd did not do what it was asked for. */
export class SystemdError extends ConditionError {
  readonly code = "systemd";
  readonly remedy = "retry";
  override readonly checkedBy = "update-status";

  constructor(action: string, detail: string, options?: ErrorOptions) {
    super(`Cannot ${action}: systemd says "${detail}"`, options);
  }
}
