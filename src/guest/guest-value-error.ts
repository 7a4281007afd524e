import { ConditionError } from "charm-kit";

/** A setting holds what cannot be written into a file of the runner without being taken for something else. */
export class GuestValueError extends ConditionError {
  readonly code = "guest-value";
  readonly remedy = "retry";
  readonly setting: string;

  /**
   * @param setting what holds the value, as a person knows it.
   * @param accepted what it may be.
   */
  constructor(setting: string, accepted: string) {
    super(`Cannot prepare a runner: ${setting} is not ${accepted}`);
    this.setting = setting;
  }
}
