import type { JsonValue, StateSlot } from "juju-charm";
import type { ConditionError } from "charm-kit";

/** Which check notices the end of the condition that the status reports; `null` when it reports none. */
export const conditionSlot: StateSlot<ConditionError["checkedBy"] | null> = {
  name: "condition",
  parse: (stored: JsonValue | undefined) =>
    stored === "update-status" || stored === "reconcile" ? stored : null,
};
