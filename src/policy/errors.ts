import { ConditionError } from "charm-kit";

/** The policy service returned no one-time token. */
export class PolicyServiceError extends ConditionError {
  readonly code = "policy-service";
  readonly remedy = "retry";
  /** The HTTP status; undefined without an answer. */
  readonly status: number | undefined;

  constructor(detail: string, status: number | undefined, options?: ErrorOptions) {
    super(`Cannot get a one-time token from the repository policy service: ${detail}`, options);
    this.status = status;
  }
}
