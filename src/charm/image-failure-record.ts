import type { JsonObject, JsonValue, StateSlot } from "juju-charm";
import type { ImageFailure } from "../runners/image-outlook.ts";

/** What the unit remembers of a build that failed. */
export type ImageFailureRecord = ImageFailure & JsonObject;

/** Remembers the last build that failed; `null` once one has succeeded. */
export const imageFailureSlot: StateSlot<ImageFailureRecord | null> = {
  name: "image-failure",
  parse: (stored: JsonValue | undefined) => (isRecord(stored) ? stored : null),
};

function isRecord(stored: JsonValue | undefined): stored is ImageFailureRecord {
  if (typeof stored !== "object" || stored === null || Array.isArray(stored)) return false;
  const { recipe, reason, failedAt, attempts } = stored as JsonObject;
  return (
    typeof recipe === "string" &&
    typeof reason === "string" &&
    typeof failedAt === "number" &&
    typeof attempts === "number"
  );
}
