import { createHash } from "node:crypto";
import { runProcess } from "charm-kit";
import { SystemdTimers } from "../host/systemd-timers.ts";
import { everyMinutes, everySixHours } from "../host/timers.ts";
import type { Timer, Timers } from "./ports.ts";
import type { Configuration } from "./configuration.ts";
import { slugOf } from "./unit-slug.ts";
import { RECONCILE_EVENT, REFRESH_EVENT } from "./timed-events.ts";
import type { UnitContext } from "./unit-system.ts";

/**
 * Opens the unit's timers. They need neither LXD nor GitHub.
 *
 * @throws UnitNameError
 */
export function openTimers(context: UnitContext): Timers {
  const { system, unitName, dispatchCommand } = context;
  const unit = { name: unitName, slug: slugOf(context) };
  return new SystemdTimers({ unit, paths: system.systemd, dispatchCommand, run: runProcess });
}

/** The timers that a unit needs. */
export function wantedTimers(
  { reconcileMinutes }: Pick<Configuration, "reconcileMinutes">,
  { unitName, deployment }: Pick<UnitContext, "unitName" | "deployment">,
): readonly Timer[] {
  const seed = createHash("sha256").update(`${deployment} ${unitName}`).digest().readUInt32BE();
  return [
    { event: RECONCILE_EVENT, schedule: everyMinutes(reconcileMinutes) },
    { event: REFRESH_EVENT, schedule: everySixHours(seed) },
  ];
}
