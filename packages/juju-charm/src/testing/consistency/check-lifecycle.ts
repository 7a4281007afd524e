import { parseHookName } from "../../dispatch/hook-name.ts";
import type { Scene } from "./scene.ts";

/** A custom event has none of Juju's names: with those come facts that a custom event does not have. */
export function checkCustomEvent({ event }: Scene): readonly string[] {
  const { trigger } = event;
  if (trigger.family !== "custom" || parseHookName(trigger.name).family === "custom") return [];
  return [`${trigger.name} is an event of Juju's own, and no custom one`];
}

/** Only a leader is told that it was elected. */
export function checkLeaderEvent({ event, state }: Scene): readonly string[] {
  return event.name === "leader-elected" && !state.leader
    ? ["leader-elected is for the leader, which this unit is not"]
    : [];
}

/** Juju 4 upgrades no series. */
export function checkSeriesUpgrade({ event, jujuVersion }: Scene): readonly string[] {
  const isUpgrade = event.name === "pre-series-upgrade" || event.name === "post-series-upgrade";
  return isUpgrade && Number.parseInt(jujuVersion, 10) >= 4
    ? [`Juju ${jujuVersion} has no ${event.name}`]
    : [];
}
