import { CharmError } from "../support/errors.ts";

/** A runner could not be made; nothing of it is left, on LXD or on GitHub. */
export class RunnerCreateError extends CharmError {
  readonly code = "runner-create";
  readonly runner: string;

  constructor(runner: string, detail: string, options?: ErrorOptions) {
    super(`Cannot create runner '${runner}': ${detail}`, options);
    this.runner = runner;
  }
}

/** A runner could not be taken away; the next reconcile tries again. */
export class RunnerRemoveError extends CharmError {
  readonly code = "runner-remove";
  readonly runner: string;

  constructor(runner: string, detail: string, options?: ErrorOptions) {
    super(`Cannot remove runner '${runner}': ${detail}`, options);
    this.runner = runner;
  }
}

/** The logs of a runner could not be pulled. */
export class RunnerLogsError extends CharmError {
  readonly code = "runner-logs";
  readonly runner: string;

  constructor(runner: string, detail: string, options?: ErrorOptions) {
    super(`Cannot pull the logs of runner '${runner}': ${detail}`, options);
    this.runner = runner;
  }
}
