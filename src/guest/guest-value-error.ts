import { ConditionError } from "charm-kit";

/** A setting contains characters that a file in the runner cannot represent. */
export class GuestValueError extends ConditionError {
  readonly code = "guest-value";
  readonly remedy = "retry";
  readonly setting: string;

  /**
   * @param setting the option's name in messages.
   * @param accepted the accepted form.
   */
  constructor(setting: string, accepted: string) {
    super(`Cannot prepare a runner: ${setting} is not ${accepted}`);
    this.setting = setting;
  }
}
