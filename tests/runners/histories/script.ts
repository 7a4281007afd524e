import type { Command } from "./command.ts";

/** What is known of a history that breaks a rule. */
export interface BrokenHistory {
  readonly history: readonly Command[];
  /** The rule that it breaks, and what was found. */
  readonly fault: string;
  readonly seed: number;
  readonly path: string;
}

/** A history as a script that can be pasted into a test. */
export function renderScript({ history, fault, seed, path }: BrokenHistory): string {
  const lines = history.map((command) => `  ${literal(command)},`);
  return [
    `A history of ${history.length} commands breaks a rule: ${fault}`,
    `Found with seed ${seed}, path "${path}". To see it again, paste this into a test:`,
    "",
    "await replay([",
    ...lines,
    "]);",
  ].join("\n");
}

/** A value of JSON as an object literal of TypeScript. */
function literal(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(literal).join(", ")}]`;
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  const fields = Object.entries(value)
    .filter(([, field]) => field !== undefined)
    .map(([name, field]) => `${name}: ${literal(field)}`);
  return `{ ${fields.join(", ")} }`;
}
