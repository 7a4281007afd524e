import { ConditionError } from "charm-kit";

/** Events could not be appended to the metrics log. */
export class MetricsLogError extends ConditionError {
  readonly code = "metrics-log";
  readonly remedy = "retry";

  constructor(path: string, detail: string, options?: ErrorOptions) {
    super(`Cannot append to '${path}': ${detail}; make room, or make it a file that root may write`, options);
  }
}

/** A program that the metrics need failed. */
export class MetricsProgramError extends ConditionError {
  readonly code = "metrics-program";
  readonly remedy = "retry";

  constructor(action: string, detail: string, options?: ErrorOptions) {
    super(`Cannot ${action}: ${detail}`, options);
  }
}
