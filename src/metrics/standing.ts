/**
 * The published objective, by indicator: which share of it has to be good within a month, and up to which duration one is
 * good. docs/reference/objective.md says what each means; the recording rules and alerts have the same numbers.
 */
export const OBJECTIVES = {
  /** Used runners, until new ones listen in their places. */
  refill: { percent: 99, seconds: 10 },
  /** Jobs, while a runner for them is the unit's business. */
  wait: { percent: 99, seconds: 10 },
  /** Jobs that the unit has not ended: all. */
  job: { percent: 100, seconds: undefined },
} as const;

export type Indicator = keyof typeof OBJECTIVES;

/** How many of all were good. */
export interface Tally {
  readonly good: number;
  readonly total: number;
}

/** How a unit stands in one month. */
export interface Standing extends Readonly<Record<Indicator, Tally>> {
  /** In UTC, such as `2026-11`. */
  readonly month: string;
}

/** What has happened since the last time, by indicator. */
export type Results = Readonly<Partial<Record<Indicator, Tally>>>;

const NONE: Tally = { good: 0, total: 0 };
/** A clock that is set back over the end of a month begins no month anew. */
const SET_BACK_MS = 24 * 60 * 60_000;
/** Of fewer, a share says nothing. */
const LEAST_TOTAL = 20;
const MONTH = /^(\d{4})-(0[1-9]|1[0-2])$/;

/** Counts durations against an indicator. Pure. @param durations in seconds */
export function tallyOf(indicator: "refill" | "wait", durations: readonly number[]): Tally {
  const good = durations.filter((duration) => duration <= OBJECTIVES[indicator].seconds).length;
  return { good, total: durations.length };
}

/**
 * The standing after further results. Pure. The first results of a month begin it. Where the clock was set back by less
 * than a day, the later month goes on; a month that lies further ahead was begun by a wrong clock, and is forgotten.
 *
 * @param now milliseconds since the Unix epoch.
 */
export function standingAfter(before: Standing | null, results: Results, now: number): Standing {
  const { month, ...tallies } = standingAt(before, now);
  const sum = (indicator: Indicator) => added(tallies[indicator], results[indicator] ?? NONE);
  return { month, refill: sum("refill"), wait: sum("wait"), job: sum("job") };
}

/** The standing of the present month. Pure. */
export function standingAt(before: Standing | null, now: number): Standing {
  const month = monthOf(now);
  const isPresent = before?.month === month || (before !== null && isJustAhead(before.month, now));
  return isPresent ? before : { month, refill: NONE, wait: NONE, job: NONE };
}

/** Two records of one unit as one. Pure. Those of another month than the later one are left out. */
export function mergeStandings(left: Standing, right: Standing): Standing {
  if (left.month !== right.month) return left.month > right.month ? left : right;
  return standingWith(left, right);
}

/** The month's standing for a status; undefined while there is too little to tell. Pure. */
export function describeStanding({ refill, wait, job }: Standing): string | undefined {
  const shares = [...shareOf("refill", refill, "replacements"), ...shareOf("wait", wait, "jobs")];
  const killed = job.total - job.good;
  const parts = killed > 0 || shares.length > 0 ? [...shares, describeKilled(killed)] : [];
  return parts.length === 0 ? undefined : `this month ${parts.join(", ")}`;
}

/** One line of the standing: what is promised, and how it stands. */
export interface StandingLine {
  readonly what: string;
  readonly value: string;
}

/** The month's standing line by line, from the first event on. Pure. */
export function linesOfStanding({ refill, wait, job }: Standing): readonly StandingLine[] {
  return [
    { what: `Replacements within ${OBJECTIVES.refill.seconds} s`, value: lineOf("refill", refill) },
    { what: `Waits of jobs within ${OBJECTIVES.wait.seconds} s`, value: lineOf("wait", wait) },
    { what: "Jobs ended by the unit", value: `${job.total - job.good} of ${job.total}` },
  ];
}

/**
 * How much of the error budget is left, of what has happened so far. Pure.
 *
 * @returns a percentage, rounded down: 100 without an error, 0 or less when the budget is spent; undefined where nothing has
 * happened.
 */
export function budgetLeft(indicator: "refill" | "wait", { good, total }: Tally): number | undefined {
  // Whole numbers until the division, so that nothing is lost to rounding.
  const allowed = total * (100 - OBJECTIVES[indicator].percent);
  return total === 0 ? undefined : Math.floor((100 * (allowed - 100 * (total - good))) / allowed);
}

/** @returns null for anything else than a standing. */
export function parseStanding(stored: unknown): Standing | null {
  const fields = Object(stored) as Readonly<Record<string, unknown>>;
  const { month } = fields;
  if (typeof month !== "string" || !MONTH.test(month)) return null;
  const [refill, wait, job] = [fields["refill"], fields["wait"], fields["job"]].map(parseTally);
  return refill && wait && job ? { month, refill, wait, job } : null;
}

function parseTally(stored: unknown): Tally | null {
  const { good, total } = Object(stored) as Partial<Record<keyof Tally, unknown>>;
  const areCounts = [good, total].every((count) => Number.isSafeInteger(count) && Number(count) >= 0);
  return areCounts && Number(good) <= Number(total) ? { good: Number(good), total: Number(total) } : null;
}

function monthOf(now: number): string {
  return new Date(now).toISOString().slice(0, 7);
}

function isJustAhead(month: string, now: number): boolean {
  const beginsAt = Date.parse(`${month}-01T00:00:00Z`);
  return beginsAt > now && beginsAt - now <= SET_BACK_MS;
}

function standingWith({ month, ...left }: Standing, right: Standing): Standing {
  const sum = (indicator: Indicator) => added(left[indicator], right[indicator]);
  return { month, refill: sum("refill"), wait: sum("wait"), job: sum("job") };
}

function added(left: Tally, right: Tally): Tally {
  return { good: left.good + right.good, total: left.total + right.total };
}

function shareOf(indicator: "refill" | "wait", tally: Tally, what: string): readonly string[] {
  const { total } = tally;
  if (total < LEAST_TOTAL) return [];
  return [`${percentOf(tally)} of ${total} ${what} within ${OBJECTIVES[indicator].seconds} s`];
}

function lineOf(indicator: "refill" | "wait", tally: Tally): string {
  const left = budgetLeft(indicator, tally);
  if (left === undefined) return "none yet";
  if (tally.total < LEAST_TOTAL) return `${tally.good} of ${tally.total}`;
  const budget = left > 0 ? `${left} % of the error budget is left` : "the error budget is spent";
  return `${percentOf(tally)} of ${tally.total}; ${budget}`;
}

/** Never rounded up to the objective. */
function percentOf({ good, total }: Tally): string {
  return `${(Math.floor((good / total) * 1000) / 10).toFixed(1)} %`;
}

function describeKilled(killed: number): string {
  if (killed === 0) return "no job ended by the unit";
  return killed === 1 ? "1 job ended by the unit" : `${killed} jobs ended by the unit`;
}
