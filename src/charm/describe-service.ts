import { utcMinute } from "../runners/utc-minute.ts";
import type { ServiceStatus } from "../unit/service-status.ts";

/** What a person should know of the runner service beside the runners themselves; each a short text. Pure. */
export function describeService({ activity, failures, nextAttemptAt }: ServiceStatus): readonly string[] {
  const step = activity.state === "working" ? activity.step : undefined;
  return [
    ...(step === undefined ? [] : [`The runner service is at work: ${step}`]),
    ...failures.map(
      ({ count, reason }) => `Failed ${count === 1 ? "once" : `${count} times in a row`}: ${reason}`,
    ),
    ...(nextAttemptAt === undefined ? [] : [`The next attempt is at ${utcMinute(nextAttemptAt)}`]),
  ];
}
