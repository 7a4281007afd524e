import { CodedError } from "charm-kit";

/** The agent refuses a request, as Juju would. Nothing was changed. */
export class AgentRequestError extends CodedError {
  readonly code = "agent-request";
}

/** A unit's hook failed: the unit is in the error state until the hook succeeds. */
export class HookFailedError extends CodedError {
  readonly code = "hook-failed";
  readonly unit: string;
  readonly hook: string;

  constructor(unit: string, hook: string, options?: ErrorOptions) {
    super(
      `Cannot run the hooks of ${unit}: hook failed: "${hook}", see debug-log, fix the cause and run resolve`,
      options,
    );
    this.unit = unit;
    this.hook = hook;
  }
}

/** A charm called `juju-reboot --now`; the hook runs again after the reboot. */
export class RebootRequestedError extends CodedError {
  readonly code = "reboot-requested";

  constructor(unit: string, hook: string) {
    super(
      `Cannot run the hooks of ${unit}: hook "${hook}" requested a reboot, restart the machine or run resolve`,
    );
  }
}
