/** What one reconcile has found. Times are milliseconds since the Unix epoch. */
export interface Turnover {
  /** When the applications of used runners ended. */
  readonly ended: readonly number[];
  /** When new runners listened for jobs. */
  readonly started: readonly number[];
  /** How many runners are missing after it. */
  readonly missing: number;
}

export interface Refills {
  /** How long places of runners were vacant until new ones listened, in milliseconds. */
  readonly refills: readonly number[];
  /** Since when the places are vacant that are still to be refilled, the longest first. */
  readonly vacantSince: readonly number[];
}

/** A place that was vacant for longer was not missed, or the clock was set. */
const LONGEST_MS = 24 * 60 * 60_000;

/**
 * Matches new runners with the used ones whose places they take. Pure. The place that is vacant longest is taken first; a
 * new runner without a vacant place was started for another reason; a place that is no longer wanted is forgotten.
 */
export function matchRefills(vacantSince: readonly number[], { ended, started, missing }: Turnover): Refills {
  const vacant = ascending([...vacantSince, ...ended]);
  const refills: number[] = [];
  for (const start of ascending(started)) {
    const since = vacant[0];
    if (since === undefined || since > start) continue;
    vacant.shift();
    if (start - since <= LONGEST_MS) refills.push(start - since);
  }
  return { refills, vacantSince: vacant.slice(0, Math.max(0, missing)) };
}

function ascending(times: readonly number[]): number[] {
  return times.filter(Number.isFinite).sort((left, right) => left - right);
}
