import { CodedError } from "charm-kit";

/** The event and state of a test are impossible under Juju. Reports all problems together. */
export class InconsistentStateError extends CodedError {
  readonly code = "inconsistent-state";
  readonly problems: readonly string[];

  constructor(event: string, problems: readonly string[]) {
    super(`Cannot run ${event}: event and state are impossible under Juju: ${problems.join("; ")}`);
    this.problems = problems;
  }
}
