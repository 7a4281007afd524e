import { CharmError } from "../support/errors.ts";

/** One option that cannot be used as it is. */
export interface Fault {
  readonly option: string;
  /** What is wrong, and a form that is accepted; never the value, which may be a secret. */
  readonly text: string;
}

/** Options that a person must mend; all of them, told together. */
export class ConfigurationError extends CharmError {
  readonly code = "configuration";
  readonly faults: readonly Fault[];

  constructor(faults: readonly Fault[]) {
    super(faults.map(({ option, text }) => `${option}: ${text}`).join("; "));
    this.faults = faults;
  }
}
