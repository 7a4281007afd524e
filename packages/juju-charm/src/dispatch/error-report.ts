import { inspect } from "node:util";
import { mapStack } from "../log/map-stack.ts";

/** The deepest chain of causes that is worth printing; a longer one is a loop. */
const DEEPEST = 8;

/**
 * Renders anything that was thrown with its stack, its causes and, of an AggregateError, its parts. Stacks show lines of
 * TypeScript where the bundle has source maps.
 */
export function reportError(thrown: unknown, depth = 0): string {
  if (!(thrown instanceof Error)) return typeof thrown === "string" ? thrown : inspect(thrown, { depth: 2 });
  const lines = [mapStack(thrown.stack ?? `${thrown.name}: ${thrown.message}`)];
  if (depth < DEEPEST) {
    if (thrown instanceof AggregateError) {
      for (const part of thrown.errors as unknown[])
        lines.push(`Among them: ${reportError(part, depth + 1)}`);
    }
    if (thrown.cause !== undefined) lines.push(`Caused by: ${reportError(thrown.cause, depth + 1)}`);
  }
  return lines.join("\n");
}
