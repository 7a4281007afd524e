import type { FlagKinds } from "../tool-arguments.ts";
import { usageError } from "../tool-error.ts";
import type { ToolCall } from "./side-tool.ts";

/** The flag of the tools that work on a relation. */
export const RELATION_FLAG = { r: "value", relation: "value" } as const satisfies FlagKinds;

/** Number of the relation that the flag names; without one, of that of the hook. @throws ToolError */
export function relationOf(call: ToolCall): number {
  const id = givenRelation(call) ?? call.context.relations.current()?.id;
  if (id === undefined) throw usageError("no relation id specified");
  return id;
}

/** Number of the relation that the flag names. @throws ToolError when that is no number, or of no relation. */
export function givenRelation({ context, flags }: ToolCall): number | undefined {
  const text = flags["r"] ?? flags["relation"] ?? "";
  if (text === "") return undefined;
  const number = /^(?:.*:)?(\d+)$/.exec(text)?.[1];
  if (number === undefined) throw usageError(`invalid value "${text}" for option -r: invalid relation id`);
  const id = Number(number);
  if (!context.relations.has(id)) {
    throw usageError(`invalid value "${text}" for option -r: relation not found`);
  }
  return id;
}
