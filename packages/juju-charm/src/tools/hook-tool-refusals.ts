import { HookToolError } from "./hook-tool-error.ts";

/** The tool is not there: the charm runs outside of Juju, or this Juju is too old for the tool. */
export class UnknownToolError extends HookToolError {
  override readonly code = "hook-tool-missing";

  constructor(tool: string, options?: ErrorOptions) {
    const advice = "run the charm from a hook, an action or juju-exec of a Juju that has the tool";
    super(tool, { detail: `it is not on PATH; ${advice}` }, options);
  }
}

/** The relation is gone, or was never there. */
export class RelationNotFoundError extends HookToolError {
  override readonly code = "relation-not-found";
}

/** The secret is gone, or was never granted to the unit, or the unit does not own it. */
export class SecretNotFoundError extends HookToolError {
  override readonly code = "secret-not-found";
}

/** The controller lets this unit neither see nor do it. */
export class PermissionDeniedError extends HookToolError {
  override readonly code = "permission-denied";
}

/** Only the leader may do it, which this unit is not, or no longer. */
export class NotLeaderError extends HookToolError {
  override readonly code = "not-leader";
}

/** A refusal as the error it is, told by what the tool wrote, as `ops` does. */
export function hookToolRefusal(tool: string, exitCode: number, stderr: string): HookToolError {
  const failure = { exitCode, stderr };
  const said = stderr.toLowerCase();
  if (said.includes("relation not found")) return new RelationNotFoundError(tool, failure);
  if (tool.startsWith("secret-") && said.includes("not found")) return new SecretNotFoundError(tool, failure);
  if (said.includes("not the leader")) return new NotLeaderError(tool, failure);
  if (said.includes("cannot write relation settings")) return new NotLeaderError(tool, failure);
  if (said.includes("permission denied")) return new PermissionDeniedError(tool, failure);
  return new HookToolError(tool, failure);
}
