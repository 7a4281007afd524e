import { CodedError } from "charm-kit";

/** The agent was asked for something that it, like Juju, refuses. Nothing was changed. */
export class AgentRequestError extends CodedError {
  readonly code = "agent-request";
}

/** A hook of a unit ended with a failure: the unit is in the error state until the hook succeeds. */
export class HookFailedError extends CodedError {
  readonly code = "hook-failed";
  readonly unit: string;
  readonly hook: string;

  constructor(unit: string, hook: string, options?: ErrorOptions) {
    super(
      `Cannot settle ${unit}: hook failed: "${hook}", see debug-log, mend the cause and run resolve`,
      options,
    );
    this.unit = unit;
    this.hook = hook;
  }
}

/** A charm asked for a reboot at once (`juju-reboot --now`); the hook runs again after it. */
export class RebootRequestedError extends CodedError {
  readonly code = "reboot-requested";

  constructor(unit: string, hook: string) {
    super(`Cannot settle ${unit}: hook "${hook}" asked for a reboot, restart the machine or run resolve`);
  }
}
