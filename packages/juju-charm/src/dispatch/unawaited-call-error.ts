import { CodedError } from "charm-kit";

/**
 * A handler has ended while its call was still running: an `await` is missing. The hook fails, because Juju would
 * commit without the call.
 */
export class UnawaitedCallError extends CodedError {
  readonly code = "unawaited-call";
  /** The call, such as `openPort()`. */
  readonly call: string;

  constructor(call: string, where: string, options?: ErrorOptions) {
    super(
      `Cannot end ${where}: ${call} is still running, so its result would be lost; await it, and what calls it`,
      options,
    );
    this.call = call;
  }
}
