import { findCause, messageOf } from "charm-kit";
import { GithubError, type FormerJobs } from "../github/index.ts";
import type { ScopeFault } from "../host/scope-record.ts";

/** What is wrong with a path that the unit has left, so that jobs there get no runners. */
export type FormerFault = ScopeFault;

/** Pause after the first failure; doubled with each further one, up to the longest. */
const PAUSE_MS = 60_000;
const LONGEST_PAUSE_MS = 60 * 60_000;

/** The fault after one more failed attempt. Pure. */
export function faultAfter(
  before: FormerFault | undefined,
  { at, reason }: Pick<FormerFault, "at" | "reason">,
  now: number,
): FormerFault {
  const failures = (before?.failures ?? 0) + 1;
  return {
    at,
    reason,
    failures,
    nextTryAt: now + Math.min(LONGEST_PAUSE_MS, PAUSE_MS * 2 ** (failures - 1)),
  };
}

/** Whether the next attempt is due. A longer pause than the longest comes from a clock that was set back. Pure. */
export function isDue({ nextTryAt }: FormerFault, now: number): boolean {
  return now >= nextTryAt || nextTryAt - now > LONGEST_PAUSE_MS;
}

/** The jobs that runners there serve: without those that have yet to get one, while none is made. Pure. */
export function servedJobs({ assigned, missing, running }: FormerJobs, isFaulty: boolean): FormerJobs {
  if (!isFaulty) return { assigned, missing, running };
  return { assigned: Math.max(running, assigned - missing), missing: 0, running };
}

/** Why, without the action, which the notice names. Pure. */
export function faultReason(thrown: unknown): string {
  const refusal = findCause(thrown, GithubError);
  if (refusal) return messageOf(refusal).replace(/^Cannot [^:]*: /, "");
  return messageOf(thrown);
}
