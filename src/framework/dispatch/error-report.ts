/** The deepest chain of causes that is worth printing; a longer one is a loop. */
const DEEPEST = 8;

/** Renders anything that was thrown with its stack, its causes and, of an AggregateError, its parts. */
export function reportError(thrown: unknown, depth = 0): string {
  if (!(thrown instanceof Error)) return String(thrown);
  const lines = [thrown.stack ?? `${thrown.name}: ${thrown.message}`];
  if (depth < DEEPEST) {
    if (thrown instanceof AggregateError) {
      for (const part of thrown.errors as unknown[])
        lines.push(`Among them: ${reportError(part, depth + 1)}`);
    }
    if (thrown.cause !== undefined) lines.push(`Caused by: ${reportError(thrown.cause, depth + 1)}`);
  }
  return lines.join("\n");
}
