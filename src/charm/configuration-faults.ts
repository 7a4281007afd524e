import { ConditionError } from "charm-kit";
import { acceptedForm, type OptionName } from "./configuration-schema.ts";

/** One invalid option. */
export interface Fault {
  /** Name of the option, or of the model configuration key. */
  readonly option: string;
  /** The error and an accepted form. Never contains a value that may be secret. */
  readonly text: string;
}

/** The options are invalid. All errors are reported together. */
export class ConfigurationError extends ConditionError {
  readonly code = "configuration";
  readonly remedy = "person";
  override readonly checkedBy = "update-status";
  readonly faults: readonly Fault[];

  constructor(faults: readonly Fault[]) {
    super(faults.map(({ option, text }) => `${option}: ${text}`).join(" | "));
    this.faults = faults;
  }
}

/** An option's error with its accepted form. */
export function wrong(option: OptionName, fault: string): Fault {
  return { option, text: `${fault}; use ${acceptedForm(option)}` };
}
