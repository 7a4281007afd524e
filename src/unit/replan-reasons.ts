import type { Replanning } from "../runners/plan-execution.ts";

/** Reasons to plan again in a refill, while it creates runners. */
export interface ReplanReasons extends Pick<Replanning, "observed"> {
  /**
   * Waits until another runner may be missing.
   *
   * @returns `false` once the refill is to come to its end.
   */
  next(signal: AbortSignal): Promise<boolean>;
}
