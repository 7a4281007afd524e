/**
 * Root of every error this project throws on purpose.
 *
 * A message reads "Cannot <action>: <state, and what the person can do>". `code` is stable: tests, statuses and
 * `docs/reference/errors.md` compare it, never the message.
 */
export abstract class CharmError extends Error {
  /** Stable, kebab-case identity of the condition. */
  abstract readonly code: string;

  override get name(): string {
    return this.constructor.name;
  }
}

/** The text of anything that was thrown, in one line. */
export function messageOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown);
}

/** Follows `cause` links and tells whether any link satisfies the test. */
export function findCause<E extends Error>(
  thrown: unknown,
  type: abstract new (...parameters: never[]) => E,
): E | undefined {
  for (let link: unknown = thrown; link instanceof Error; link = link.cause) {
    if (link instanceof type) return link;
  }
  return undefined;
}
