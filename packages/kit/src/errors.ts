/**
 * Root of every error this project throws on purpose.
 *
 * A message reads "Cannot <action>: <state, and what the person can do>". `code` is stable: tests, statuses and
 * `docs/reference/errors.md` compare it, never the message.
 */
export abstract class CodedError extends Error {
  /** Stable, kebab-case identity of the condition. */
  abstract readonly code: string;

  override get name(): string {
    return this.constructor.name;
  }
}

/** Who ends what an error reports: a person, something outside that comes back by itself, or the next try. */
export type Remedy = "person" | "outside" | "retry";

/** An error that a service lives with: it reports the condition and goes on. */
export abstract class ConditionError extends CodedError {
  /** Who can end the condition. */
  abstract readonly remedy: Remedy;
  /** A short name of the condition, shown before the explanation. */
  readonly title: string | undefined = undefined;
  /** Which check notices the end of the condition: the cheap one of `update-status`, or a whole reconcile. */
  readonly checkedBy: "update-status" | "reconcile" = "reconcile";
}

/** The text of anything that was thrown; of what is no error, its JSON. Never throws. */
export function messageOf(thrown: unknown): string {
  if (thrown instanceof Error) return thrown.message;
  if (typeof thrown === "string") return thrown;
  try {
    return jsonOf(thrown) ?? String(thrown);
  } catch {
    return Object.prototype.toString.call(thrown);
  }
}

/** The declaration of `JSON.stringify` leaves out that there is none of a function, a symbol or undefined. */
function jsonOf(value: unknown): string | undefined {
  return JSON.stringify(value);
}

/** The code of a system error, such as `ENOENT`; undefined for anything else. */
export function systemErrorCode(thrown: unknown): string | undefined {
  return thrown instanceof Error && "code" in thrown && typeof thrown.code === "string"
    ? thrown.code
    : undefined;
}

/** The first error of a class among something thrown and its causes. */
export function findCause<E extends Error>(
  thrown: unknown,
  type: abstract new (...parameters: never[]) => E,
): E | undefined {
  for (let link: unknown = thrown; link instanceof Error; link = link.cause) {
    if (link instanceof type) return link;
  }
  return undefined;
}
