import { ConditionError } from "charm-kit";
import { acceptedForm, type OptionName } from "./configuration-schema.ts";

/** One option that cannot be used as it is. */
export interface Fault {
  /** Name of the option, or of the model's configuration key that takes part in it. */
  readonly option: string;
  /** What is wrong, and a form that is accepted; never a value that may be a secret. */
  readonly text: string;
}

/** Options that a person must mend; all of them, told together. */
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

/** The fault of an option, told with its accepted form. */
export function wrong(option: OptionName, fault: string): Fault {
  return { option, text: `${fault}; use ${acceptedForm(option)}` };
}
