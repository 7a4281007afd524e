import { CodedError } from "charm-kit";

/** The failure of a hook tool. */
export interface HookToolFailure {
  /** Undefined when the tool did not start or was killed. */
  readonly exitCode?: number | undefined;
  readonly stderr?: string;
  /** The cause, when exit code and standard error do not show it. */
  readonly detail?: string;
}

/** Longest excerpt of standard error in a message, in characters. */
const LONGEST_EXCERPT = 500;

/**
 * A hook tool failed. No member holds its arguments, which may contain secrets. Conditions that charms handle are
 * subclasses.
 */
export class HookToolError extends CodedError {
  readonly code: string = "hook-tool";
  readonly tool: string;
  readonly exitCode: number | undefined;
  readonly stderr: string;

  constructor(tool: string, failure: HookToolFailure, options?: ErrorOptions) {
    const stderr = failure.stderr?.trim() ?? "";
    const detail = failure.detail ?? `it ended with code ${failure.exitCode ?? "unknown"}`;
    super(
      `Cannot run ${tool}: ${[detail, stderr.slice(0, LONGEST_EXCERPT)].filter(Boolean).join(": ")}`,
      options,
    );
    this.tool = tool;
    this.exitCode = failure.exitCode;
    this.stderr = stderr;
  }
}
