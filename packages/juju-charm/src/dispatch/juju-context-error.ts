import { CodedError } from "charm-kit";

/** The process was started in an environment that no Juju agent makes. */
export class JujuContextError extends CodedError {
  readonly code = "juju-context";
  /** Name of the environment variable at fault. */
  readonly variable: string;

  constructor(variable: string, fault: string, options?: ErrorOptions) {
    super(
      `Cannot read the Juju context: ${variable} ${fault}; run the charm from a hook, an action or juju-exec`,
      options,
    );
    this.variable = variable;
  }
}
