import { inspect } from "node:util";
import { mapStack } from "../log/map-stack.ts";

/** Longest chain of causes that is printed. A longer one is probably a loop. */
const DEEPEST = 8;

/**
 * Renders a thrown value with its stack, its causes and the errors of an AggregateError. Stacks show TypeScript lines
 * when the bundle has source maps.
 */
export function reportError(thrown: unknown, depth = 0): string {
  if (!(thrown instanceof Error)) return typeof thrown === "string" ? thrown : inspect(thrown, { depth: 2 });
  const lines = [mapStack(thrown.stack ?? `${thrown.name}: ${thrown.message}`)];
  if (depth < DEEPEST) {
    if (thrown instanceof AggregateError) {
      for (const part of thrown.errors as unknown[]) lines.push(`Contains: ${reportError(part, depth + 1)}`);
    }
    if (thrown.cause !== undefined) lines.push(`Caused by: ${reportError(thrown.cause, depth + 1)}`);
  }
  return lines.join("\n");
}
