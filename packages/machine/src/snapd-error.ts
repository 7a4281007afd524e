import { CodedError } from "charm-kit";

/** What snapd calls the error, such as `snap-not-found`, `snap-needs-classic` or `snap-channel-not-available`. */
export type SnapdErrorKind = string;

/** snapd refused, failed, or cannot be reached. */
export class SnapdError extends CodedError {
  readonly code = "snapd";
  /** Empty when snapd gives none; `unreachable` when it does not answer, `change` when it has failed at the work. */
  readonly kind: SnapdErrorKind;
  /** HTTP status; undefined without an answer. */
  readonly status: number | undefined;

  /** @param action names the work in the message, after "Cannot". */
  constructor(
    action: string,
    problem: string,
    {
      kind = "",
      status,
      ...options
    }: ErrorOptions & { readonly kind?: string; readonly status?: number } = {},
  ) {
    super(`Cannot ${action}: ${problem.trim().slice(0, 2000)}`, options);
    this.kind = kind;
    this.status = status;
  }
}
