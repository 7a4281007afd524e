import type { JsonObject, JsonValue, StateSlot } from "juju-charm";

/** What the unit remembers of the runner application. */
export type ApplicationRecord = {
  readonly version: string;
  /** Milliseconds since the Unix epoch at which GitHub was asked. */
  readonly checkedAt: number;
} & JsonObject;

/** Remembers the application; `null` before GitHub was first asked. */
export const applicationSlot: StateSlot<ApplicationRecord | null> = {
  name: "application",
  parse: (stored: JsonValue | undefined) => (isRecord(stored) ? stored : null),
};

function isRecord(stored: JsonValue | undefined): stored is ApplicationRecord {
  if (typeof stored !== "object" || stored === null || Array.isArray(stored)) return false;
  const { version, checkedAt } = stored as JsonObject;
  return typeof version === "string" && typeof checkedAt === "number";
}
