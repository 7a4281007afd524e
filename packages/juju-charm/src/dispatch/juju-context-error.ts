import { CodedError } from "charm-kit";

/** The environment of the process is not that of a Juju hook. */
export class JujuContextError extends CodedError {
  readonly code = "juju-context";
  /** Name of the invalid environment variable. */
  readonly variable: string;

  constructor(variable: string, problem: string, options?: ErrorOptions) {
    super(
      `Cannot read the Juju context: ${variable} ${problem}; run the charm from a hook, an action or juju-exec`,
      options,
    );
    this.variable = variable;
  }
}
