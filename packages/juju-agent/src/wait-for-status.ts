import { setTimeout as delay } from "node:timers/promises";

import type { Clock } from "charm-kit";
import { AgentRequestError } from "./agent-errors.ts";
import type { ModelStatus } from "./model-status.ts";
import type { WorkloadStatusName } from "./state/agent-state.ts";

/** Statuses that a person can wait for. */
export const AWAITABLE = ["active", "waiting", "maintenance", "blocked", "unknown", "error"] as const;

/** How a wait ended: with the status, in a status that only a person ends, or at its deadline. */
export type WaitOutcome = "reached" | "blocked" | "error" | "late";

/** The status to wait for. */
export interface WaitRequest {
  readonly unit: string;
  readonly status: (typeof AWAITABLE)[number];
  readonly timeoutMs: number;
}

/** The end of a wait, and the unit's status then. */
export interface WaitEnd {
  readonly outcome: WaitOutcome;
  readonly current: WorkloadStatusName;
  readonly message: string;
}

/**
 * Whether a wait ends now. A status counts when the unit's hooks have ended and it is not older than the last boot of the
 * machine; `blocked` and `error` do not end by themselves.
 *
 * @param isLate whether the deadline has passed
 * @returns undefined to wait on, or when the unit is not there
 */
export function endOfWait(
  { applications }: ModelStatus,
  { unit, status }: WaitRequest,
  isLate: boolean,
): WaitEnd | undefined {
  const found = Object.values(applications)
    .flatMap((application) => Object.entries(application.units))
    .find(([name]) => name === unit)?.[1];
  if (!found) return undefined;
  const { current, message = "", "before-last-boot": isOld = false } = found["workload-status"];
  const isSettled = found["juju-status"].current !== "executing" && !isOld;
  const outcome = isSettled ? settledOutcome(current, status) : undefined;
  if (outcome !== undefined) return { outcome, current, message };
  return isLate ? { outcome: "late", current, message } : undefined;
}

function settledOutcome(current: WorkloadStatusName, wanted: WaitRequest["status"]): WaitOutcome | undefined {
  if (current === wanted) return "reached";
  return current === "blocked" || current === "error" ? current : undefined;
}

/** Services of {@link waitForStatus}. */
export interface WaitDependencies {
  readonly status: () => Promise<ModelStatus>;
  readonly clock: Clock;
  readonly signal: AbortSignal;
}

const INTERVAL_MS = 1000;

/**
 * Looks at the status every second until the wait ends.
 *
 * @throws AgentRequestError when the unit is removed meanwhile
 */
export async function waitForStatus(
  request: WaitRequest,
  { status, clock, signal }: WaitDependencies,
): Promise<WaitEnd> {
  const deadline = clock.now() + request.timeoutMs;
  for (;;) {
    const left = deadline - clock.now();
    const end = endOfWait(await status(), request, left <= 0);
    if (end) return end;
    if (left <= 0) throw new AgentRequestError(`Cannot wait for ${request.unit}: it was removed`);
    await delay(Math.min(INTERVAL_MS, left), undefined, { signal });
  }
}
