import { isRecent } from "charm-kit";
import type { Wake } from "./wakes.ts";

/** Wakes after which a round checks what runners stand on, whenever it was checked last. */
const REASONS: readonly Wake[] = [
  "start",
  "settings",
  "request",
  "interval",
  "reconnected",
  "infrastructure",
  "cluster",
];

/**
 * When what runners stand on was checked last: pool, bridge, profiles, firewall and kernel limits. A round that is there for
 * the end of a runner checks it only where the last check is older than the interval, or something says that it changed.
 */
export class Verification {
  /** Milliseconds since the Unix epoch; undefined while there is a doubt. */
  #verifiedAt: number | undefined;

  /** Notes a check that found everything right, or put it right. @param at when it began */
  done(at: number): void {
    this.#verifiedAt = at;
  }

  /** Notes that something may have changed: the next round checks it. */
  doubt(): void {
    this.#verifiedAt = undefined;
  }

  /** Whether a round that begins now checks it. */
  isDue(due: ReadonlySet<Wake>, { now, intervalMs }: { now: number; intervalMs: number }): boolean {
    return (
      REASONS.some((reason) => due.has(reason)) || !isRecent(this.#verifiedAt, { now, withinMs: intervalMs })
    );
  }

  /** From when on the interval counts. */
  countsFrom(now: number): number {
    return Math.min(now, this.#verifiedAt ?? now);
  }
}
