import { isRecord } from "charm-kit";
import { earlyEndError } from "../runners/errors.ts";
import type { ReconcileReport } from "../runners/runner-manager.ts";
import { utcMinute } from "../runners/utc-minute.ts";

/** The last runners whose application ended by itself, without a job; deleted when runners stay. */
export interface EarlyEnds {
  /** Hash of the configuration of the reconcile that found them. */
  readonly configHash: string;
  /** Number of runners since a runner stayed. */
  readonly count: number;
  /** When the last one was found, in milliseconds since the Unix epoch. */
  readonly at: number;
  /** The message of the last one's error. */
  readonly reason: string;
}

/** Most runners that a reconcile creates while the last ones ended at once. */
const CREATIONS_IN_CRASH_LOOP = 1;

/** The limit of a reconcile's creations; undefined for none. A changed configuration is tried without one. */
export function creationLimit(ends: EarlyEnds | null, configHash: string): number | undefined {
  return ends?.configHash === configHash ? CREATIONS_IN_CRASH_LOOP : undefined;
}

/**
 * The record after a reconcile. Pure. It ends with a runner that lived when the reconcile began, and with a changed
 * configuration whose runners stay: a runner that was created just now proves nothing.
 */
export function earlyEndsAfter(
  before: EarlyEnds | null,
  { counts, delta, ended }: Pick<ReconcileReport, "counts" | "delta" | "ended">,
  { configHash, now }: { readonly configHash: string; readonly now: number },
): EarlyEnds | null {
  const last = ended.at(-1);
  const earlier = before?.configHash === configHash ? before : null;
  const lived = counts.names.length - delta;
  if (last) {
    const { message: reason } = earlyEndError(last);
    return { configHash, count: (earlier?.count ?? 0) + ended.length, at: now, reason };
  }
  return lived > 0 ? null : earlier;
}

/** What a person should know: the number, the time and the reason. */
export function describeEarlyEnds({ count, at, reason }: EarlyEnds): string {
  const runners = count === 1 ? "1 runner" : `${count} runners`;
  return `${runners} ended without a job, the last one found at ${utcMinute(at)}: ${reason}`;
}

export function parseEarlyEnds(stored: unknown): EarlyEnds | null {
  if (!isRecord(stored)) return null;
  const { configHash, count, at, reason } = stored;
  const isWhole =
    typeof configHash === "string" &&
    typeof count === "number" &&
    typeof at === "number" &&
    Number.isFinite(new Date(at).getTime()) &&
    typeof reason === "string";
  return isWhole ? { configHash, count, at, reason } : null;
}
