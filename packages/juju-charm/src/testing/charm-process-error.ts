import type { ProcessOutcome } from "juju-hook-tools";
import { CodedError } from "charm-kit";

/** The process of a packed charm failed. */
export class CharmProcessError extends CodedError {
  readonly code = "charm-process";
  /** Undefined when the process did not start or was killed. */
  readonly exitCode: number | undefined;
  readonly stderr: string;

  /** @param logged the last error that the charm logged. */
  constructor({ exitCode, signal, startError, stderr }: ProcessOutcome, logged: string | undefined) {
    const output = stderr.toString("utf8").trim();
    const detail = output === "" ? logged : output;
    const ending = startError
      ? `it did not start, ${startError.message}`
      : signal
        ? `it was killed by ${signal}`
        : `it ended with code ${exitCode ?? "unknown"}`;
    super(`Cannot run the charm: ${ending}${detail === undefined ? "" : `: ${detail}`}`, {
      cause: startError,
    });
    this.exitCode = exitCode;
    this.stderr = output;
  }
}
