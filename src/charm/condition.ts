import type { JsonValue, StateSlot } from "juju-charm";
import type { ConditionError } from "charm-kit";

/** The check that notices the end of the reported condition; `null` when the status reports none. */
export const conditionSlot: StateSlot<ConditionError["checkedBy"] | null> = {
  name: "condition",
  parse: (stored: JsonValue | undefined) =>
    stored === "update-status" || stored === "reconcile" ? stored : null,
};
