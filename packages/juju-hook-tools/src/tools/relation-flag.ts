import type { FlagKinds } from "../tool-arguments.ts";
import { usageError } from "../tool-error.ts";
import type { ToolCall } from "./backend-tool.ts";

/** The relation flag of the relation tools. */
export const RELATION_FLAG = { r: "value", relation: "value" } as const satisfies FlagKinds;

/** Number of the relation in the flag, or of the hook's relation. @throws ToolError when there is neither */
export function relationOf(call: ToolCall): number {
  const id = givenRelation(call) ?? call.context.relations.current()?.id;
  if (id === undefined) throw usageError("no relation id specified");
  return id;
}

/** Number of the relation in the flag. @throws ToolError when it is not a number, or there is no such relation */
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
