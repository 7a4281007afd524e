import { isDeferrable } from "../../events/notice.ts";
import { DEFERRED_SLOT } from "../../events/notice-queue.ts";
import type { Scene } from "./scene.ts";

/** What the charm remembers is what a file of JSON gives back. */
export function checkStoredState({ state }: Scene): readonly string[] {
  return Object.entries(state.storedState).flatMap(([name, value]) => {
    if (name === DEFERRED_SLOT) return [`the slot ${name} is the framework's own: use State.deferred`];
    return isPlain(value) ? [] : [`the slot ${name} holds what is no JSON`];
  });
}

/** Deferred events are of kinds that can be deferred, by observers with a name. */
export function checkDeferred({ state }: Scene): readonly string[] {
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
