import { isDeferrable } from "../../events/notice.ts";
import { DEFERRED_SLOT } from "../../events/notice-queue.ts";
import type { Scenario } from "./scenario.ts";

/** The stored state is valid JSON. */
export function checkStoredState({ state }: Scenario): readonly string[] {
  return Object.entries(state.storedState).flatMap(([name, value]) => {
    if (name === DEFERRED_SLOT) return [`the slot ${name} belongs to the framework: use State.deferred`];
    return isPlain(value) ? [] : [`the value of the slot ${name} is not JSON`];
  });
}

/** Deferred events have a deferrable kind and an observer with a name. */
export function checkDeferred({ state }: Scenario): readonly string[] {
  return state.deferred.flatMap(({ kind, observer }) => [
    ...(isDeferrable(kind) ? [] : [`${kind} cannot be deferred`]),
    ...(observer === "" ? [`the observer of the deferred ${kind} has no name`] : []),
  ]);
}

function isPlain(value: unknown): boolean {
  if (value === null || typeof value === "string" || typeof value === "boolean") return true;
  if (typeof value === "number") return Number.isFinite(value);
  if (typeof value !== "object") return false;
  const plain = Array.isArray(value) || Object.getPrototypeOf(value) === Object.prototype;
  return plain && Object.values(value).every(isPlain);
}
