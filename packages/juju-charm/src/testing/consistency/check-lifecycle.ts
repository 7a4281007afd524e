import { parseHookName } from "../../dispatch/hook-name.ts";
import type { Scenario } from "./scenario.ts";

/** A custom event does not have the name of a Juju hook, whose facts it would lack. */
export function checkCustomEvent({ event }: Scenario): readonly string[] {
  const { trigger } = event;
  if (trigger.family !== "custom" || parseHookName(trigger.name).family === "custom") return [];
  return [`${trigger.name} is a hook of Juju, not a custom event`];
}

/** `leader-elected` runs only on the leader. */
export function checkLeaderEvent({ event, state }: Scenario): readonly string[] {
  return event.name === "leader-elected" && !state.leader
    ? ["leader-elected runs only on the leader, and this unit is not the leader"]
    : [];
}

/** Juju 4 has no series upgrades. */
export function checkSeriesUpgrade({ event, jujuVersion }: Scenario): readonly string[] {
  const isUpgrade = event.name === "pre-series-upgrade" || event.name === "post-series-upgrade";
  return isUpgrade && Number.parseInt(jujuVersion, 10) >= 4
    ? [`Juju ${jujuVersion} has no ${event.name}`]
    : [];
}
