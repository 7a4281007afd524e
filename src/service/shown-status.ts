import type { RunnerState } from "../runners/observed-runner.ts";
import { withoutDuration } from "../unit/demand.ts";
import type { FailureStatus, RunnerActivity, ServiceStatus } from "../unit/service-status.ts";
import type { ToldError } from "../unit/told-error.ts";
import type { BackOff, FailedAttempts } from "./back-off.ts";

/** What runners do, and since when: a new one since its creation, unless it has a job already. Pure. */
export function activitiesOf(
  runners: readonly RunnerState[],
  before: readonly RunnerActivity[],
  now: number,
): readonly RunnerActivity[] {
  return runners.map(({ name, state, createdAt }) => {
    const earlier = before.find((each) => each.name === name);
    if (earlier?.state === state) return earlier;
    return { name, state, since: earlier !== undefined || state === "busy" ? now : createdAt };
  });
}

/** A cause of failures, as the status shows it. Pure. */
export function describeAttempts({ concern, cause, count, error, nextAt }: FailedAttempts): FailureStatus {
  return { cause, concern, count, reason: reasonOf(error), error, nextAt };
}

/** Why standby instances cannot be made, as notices: no runner is missing for that. Pure. */
export function standbyNotices(failures: BackOff): readonly string[] {
  return [...failures.values()].map(({ error }) => `no standby instance: ${reasonOf(error)}`);
}

/** The innermost error with a code is the most specific one. */
function reasonOf(error: ToldError): string {
  let reason = error.message;
  for (let link: ToldError | undefined = error; link; link = link.cause) {
    if (link.code !== undefined) reason = link.message;
  }
  return reason;
}

/** Number of wanted runners, those in place of lost ones included. Pure. */
export function wantedRunners({
  wanted,
  replacing = 0,
}: Pick<ServiceStatus, "replacing" | "wanted">): number | undefined {
  return wanted === undefined ? undefined : wanted + replacing;
}

/** What the unit's status shows: a change of it is worth a refresh. Pure. */
export function summaryOf({
  counts,
  wanted,
  capacity,
  failures,
  fault,
  notices,
  image,
  evacuated,
}: ServiceStatus): string {
  const reasons = failures.map(({ cause }) => cause).sort();
  const numbers = [counts?.online, counts?.busy, counts?.names.length, counts?.standby, wanted, capacity];
  return JSON.stringify([numbers, reasons, fault?.message, notices.map(withoutDuration), image, evacuated]);
}
