import type { Goal, GoalState } from "../goal-state.ts";
import type { JsonObject, JsonValue } from "juju-hook-tools";
import { isRecord } from "charm-kit";
import { unexpectedAnswer } from "./tool-caller.ts";

/**
 * Parses the output of `goal-state`.
 *
 * @throws {@link HookToolError} when it is invalid.
 */
export function readGoalState(answer: JsonObject): GoalState {
  return {
    units: mapMembers(answer["units"], readGoal),
    relations: mapMembers(answer["relations"], (members) => mapMembers(members, readGoal)),
  };
}

function readGoal(goal: JsonValue): Goal {
  if (!isRecord(goal) || typeof goal["status"] !== "string") throw unexpected();
  return { status: goal["status"], since: typeof goal["since"] === "string" ? goal["since"] : "" };
}

function mapMembers<T>(value: JsonValue | undefined, read: (member: JsonValue) => T): Record<string, T> {
  const members = value ?? {};
  if (!isRecord(members)) throw unexpected();
  return Object.fromEntries(Object.entries(members).map(([name, member]) => [name, read(member)]));
}

function unexpected(): Error {
  return unexpectedAnswer("goal-state", "the goal state of units and relations");
}
