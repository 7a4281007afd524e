/**
 * Base class of errors with a stable code.
 *
 * A message has the form "Cannot <action>: <state, and what to do>". Compare `code`, never the message.
 */
export abstract class CodedError extends Error {
  /** Identifies the condition, in kebab case. Never changes. */
  abstract readonly code: string;

  override get name(): string {
    return this.constructor.name;
  }
}

/** What ends a condition: a person, an outside service that recovers by itself, or the next attempt. */
export type Remedy = "person" | "outside" | "retry";

/** An error that a service reports as a condition, and then continues. */
export abstract class ConditionError extends CodedError {
  /** What ends the condition. */
  abstract readonly remedy: Remedy;
  /** A short name of the condition, shown before the explanation. */
  readonly title: string | undefined = undefined;
  /** The check that detects the end of the condition: the cheap one of `update-status`, or a whole reconcile. */
  readonly checkedBy: "update-status" | "reconcile" = "reconcile";
}

/** The message of an error, or the text of any other thrown value. Never throws. */
export function messageOf(thrown: unknown): string {
  if (thrown instanceof Error) return thrown.message;
  if (typeof thrown === "string") return thrown;
  try {
    return jsonOf(thrown) ?? String(thrown);
  } catch {
    return Object.prototype.toString.call(thrown);
  }
}

/** The message of an error without the action that it names first, as in `Cannot <action>: <why>`. */
export function withoutAction(message: string): string {
  return message.replace(/^Cannot [^:]*: /, "");
}

/** The declared type of `JSON.stringify` omits undefined, its result for functions, symbols and undefined. */
function jsonOf(value: unknown): string | undefined {
  return JSON.stringify(value);
}

/** The code of a system error, such as `ENOENT`; undefined for any other value. */
export function systemErrorCode(thrown: unknown): string | undefined {
  return thrown instanceof Error && "code" in thrown && typeof thrown.code === "string"
    ? thrown.code
    : undefined;
}

/** The first error of a class among a thrown value and its causes. */
export function findCause<E extends Error>(
  thrown: unknown,
  type: abstract new (...parameters: never[]) => E,
): E | undefined {
  for (let link: unknown = thrown; link instanceof Error; link = link.cause) {
    if (link instanceof type) return link;
  }
  return undefined;
}
