import { findCause, messageOf, withoutAction } from "charm-kit";
import { GithubError, type FormerJobs } from "../github/index.ts";
import type { ScopeFault } from "../host/scope-record.ts";
import { isPaused, pauseAfter } from "../network/retry-pause.ts";

/** What is wrong with a path that the unit has left, so that jobs there get no runners. */
export type FormerFault = ScopeFault;

const PAUSES = { firstMs: 60_000, longestMs: 60 * 60_000 } as const;

/** The fault after one more failed attempt. Pure. */
export function faultAfter(
  before: FormerFault | undefined,
  { at, reason }: Pick<FormerFault, "at" | "reason">,
  now: number,
): FormerFault {
  return { at, reason, ...pauseAfter(before, PAUSES, now) };
}

/** Whether the next attempt is due. Pure. */
export function isDue(fault: FormerFault, now: number): boolean {
  return !isPaused(fault, PAUSES, now);
}

/** The jobs that runners there serve: without those that have yet to get one, while none is made. Pure. */
export function servedJobs({ assigned, missing, running }: FormerJobs, isFaulty: boolean): FormerJobs {
  if (!isFaulty) return { assigned, missing, running };
  return { assigned: Math.max(running, assigned - missing), missing: 0, running };
}

/** Why, without the action, which the notice names. Pure. */
export function faultReason(thrown: unknown): string {
  const refusal = findCause(thrown, GithubError);
  return refusal ? withoutAction(refusal.message) : messageOf(thrown);
}
