import { HookToolError } from "./hook-tool-error.ts";

/** The tool is missing: the charm runs outside of Juju, or this Juju version does not have the tool. */
export class UnknownToolError extends HookToolError {
  override readonly code = "hook-tool-missing";

  constructor(tool: string, options?: ErrorOptions) {
    const advice = "run the charm from a hook, an action or juju-exec, with a Juju version that has the tool";
    super(tool, { detail: `it is not on PATH; ${advice}` }, options);
  }
}

/** Juju would refuse, change or ignore the input. The tool was not called. */
export class HookToolInputError extends HookToolError {
  override readonly code = "hook-tool-input";

  constructor(tool: string, problem: string, options?: ErrorOptions) {
    super(tool, { detail: problem }, options);
  }
}

/** The relation does not exist. */
export class RelationNotFoundError extends HookToolError {
  override readonly code = "relation-not-found";
}

/** The secret does not exist, or the unit neither owns it nor was granted it. */
export class SecretNotFoundError extends HookToolError {
  override readonly code = "secret-not-found";
}

/** The controller denies access to this unit. */
export class PermissionDeniedError extends HookToolError {
  override readonly code = "permission-denied";
}

/** The operation needs leadership, which this unit does not have. */
export class NotLeaderError extends HookToolError {
  override readonly code = "not-leader";
}

/** Texts of Juju 3 and 4 for what the unit may not read, in lower case. */
const DENIALS = ["permission denied", "is not allowed to read", "relation unit not found"];

/** Selects the error class by the tool's error output, like `ops`. */
export function hookToolRefusal(tool: string, exitCode: number, stderr: string): HookToolError {
  const failure = { exitCode, stderr };
  const output = stderr.toLowerCase();
  if (output.includes("relation not found")) return new RelationNotFoundError(tool, failure);
  if (tool.startsWith("secret-") && output.includes("not found"))
    return new SecretNotFoundError(tool, failure);
  if (output.includes("not the leader")) return new NotLeaderError(tool, failure);
  if (output.includes("cannot write relation settings")) return new NotLeaderError(tool, failure);
  if (DENIALS.some((denial) => output.includes(denial))) return new PermissionDeniedError(tool, failure);
  return new HookToolError(tool, failure);
}
