import { failure } from "../routes/route.ts";
import type { Answer } from "../routes/route.ts";
import type { FaultKind } from "./faults.ts";

/**
 * The answer that a fault gives instead of the right one; undefined for faults that leave it as it is.
 *
 * @param nowMs milliseconds since the Unix epoch.
 */
export function faultAnswer(fault: FaultKind, nowMs: number): Answer | undefined {
  switch (fault.kind) {
    case "status":
      return { ...failure(fault.status, fault.message ?? "Server Error"), headers: fault.headers ?? {} };
    case "primary-rate-limit":
      return primaryRateLimit(fault.status, nowMs + fault.resetInMs);
    case "secondary-rate-limit": {
      const { status, retryAfterSeconds } = fault;
      const headers = retryAfterSeconds === undefined ? {} : { "retry-after": String(retryAfterSeconds) };
      return { ...failure(status, SECONDARY), headers };
    }
    case "html":
    case "slow":
    case "truncated":
    case "reset-before":
    case "reset-after":
    case "page-drift":
    case "stale-list":
    case "duplicates":
      return undefined;
  }
}

/** What GitHub says when a caller's hour is used up. */
export function primaryRateLimit(status: 403 | 429, resetAtMs?: number): Answer {
  const reset = resetAtMs === undefined ? {} : { "x-ratelimit-reset": String(Math.ceil(resetAtMs / 1000)) };
  const headers = { "x-ratelimit-remaining": "0", ...reset };
  return { ...failure(status, "API rate limit exceeded for user ID 1."), headers };
}

const SECONDARY = "You have exceeded a secondary rate limit. Please wait a few minutes before you try again.";
