import { CodedError, ConditionError, messageOf, type Remedy } from "charm-kit";

/** An error as one process tells it to another: what a status shows of it, and of each cause behind it. */
export interface ToldError {
  readonly message: string;
  /** Of a {@link CodedError}. */
  readonly code?: string | undefined;
  /** Of a {@link ConditionError}. */
  readonly remedy?: Remedy | undefined;
  readonly title?: string | undefined;
  readonly checkedBy?: ConditionError["checkedBy"] | undefined;
  /** Why LXD cannot be reached. */
  readonly reason?: string | undefined;
  readonly cause?: ToldError | undefined;
}

/** An answer of LXD can be pages. */
const LONGEST_MESSAGE = 4000;
/** A longer chain of causes is a loop. */
const MOST_CAUSES = 8;

/** Tells an error. Pure. */
export function tellError(thrown: unknown, depth = 0): ToldError {
  const message = messageOf(thrown).slice(0, LONGEST_MESSAGE);
  if (!(thrown instanceof Error)) return { message };
  return {
    message,
    ...(thrown instanceof CodedError && { code: thrown.code }),
    ...(thrown instanceof ConditionError && {
      remedy: thrown.remedy,
      title: thrown.title,
      checkedBy: thrown.checkedBy,
    }),
    ...("reason" in thrown && typeof thrown.reason === "string" && { reason: thrown.reason }),
    ...(thrown.cause !== undefined && depth < MOST_CAUSES && { cause: tellError(thrown.cause, depth + 1) }),
  };
}

/** The error again, with the code, the remedy and the causes that it was told with. Pure. */
export function heardError(told: ToldError): Error {
  const options = told.cause === undefined ? {} : { cause: heardError(told.cause) };
  if (told.code === undefined) return new Error(told.message, options);
  if (told.remedy === undefined) return new HeardCodedError(told.code, told, options);
  return new HeardCondition(told.code, told.remedy, told, options);
}

// eslint-disable-next-line no-restricted-syntax -- the error of another layer, such as the LXD client, which knows no remedy
class HeardCodedError extends CodedError {
  readonly code: string;
  readonly reason: string | undefined;

  constructor(code: string, { message, reason }: ToldError, options: ErrorOptions) {
    super(message, options);
    this.code = code;
    this.reason = reason;
  }
}

class HeardCondition extends ConditionError {
  readonly code: string;
  readonly remedy: Remedy;
  override readonly title: string | undefined;
  override readonly checkedBy: ConditionError["checkedBy"];

  constructor(code: string, remedy: Remedy, told: ToldError, options: ErrorOptions) {
    super(told.message, options);
    this.code = code;
    this.remedy = remedy;
    this.title = told.title;
    this.checkedBy = told.checkedBy ?? "reconcile";
  }
}
