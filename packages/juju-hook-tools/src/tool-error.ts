import { CodedError } from "charm-kit";

/** A hook tool refuses a call. The text is Juju's, because charms match it. */
export class ToolError extends CodedError {
  readonly code = "hook-tool-refused";
  readonly exitCode: 1 | 2;

  constructor(message: string, exitCode: 1 | 2 = 1) {
    super(message);
    this.exitCode = exitCode;
  }
}

/** A wrong argument or flag. */
export function usageError(message: string): ToolError {
  return new ToolError(message, 2);
}
