import { percentile } from "./percentile.ts";
import { milliseconds, ratio } from "./table.ts";

/** Jobs that are queued at once, each as long as the others. */
export interface Burst {
  readonly jobs: number;
  /** Length of each. */
  readonly seconds: number;
}

/** When a job of a burst was queued, taken and ended, in milliseconds since the Unix epoch. */
export interface JobTimes {
  readonly createdAt: number;
  readonly startedAt: number;
  readonly completedAt: number;
}

/** Milliseconds from the first job's queueing to the last one's end. Pure. */
export function spanOf(jobs: readonly JobTimes[]): number {
  const began = Math.min(...jobs.map(({ createdAt }) => createdAt));
  return Math.max(...jobs.map(({ completedAt }) => completedAt)) - began;
}

/**
 * How long the place of each job that ended stood empty until another job began, as long as jobs waited: the first place
 * that became free is the first that is taken again. Pure.
 *
 * @param runners how many jobs run at a time.
 * @returns milliseconds, in the order of the ends.
 */
export function vacanciesOf(jobs: readonly JobTimes[], runners: number): readonly number[] {
  const byTime = (left: number, right: number) => left - right;
  const starts = jobs.map(({ startedAt }) => startedAt).sort(byTime);
  const ends = jobs.map(({ completedAt }) => completedAt).sort(byTime);
  return starts.slice(runners).map((start, index) => start - (ends[index] ?? start));
}

/** How a burst went beside the ideal, as rows of a table. Pure. @param runners how many jobs run at a time */
export function burstRows(
  { jobs, seconds }: Burst,
  runners: number,
  all: readonly JobTimes[],
): readonly (readonly string[])[] {
  const [idealMs, tookMs] = [(jobs * seconds * 1000) / runners, spanOf(all)];
  const vacancies = vacanciesOf(all, runners);
  const busyMs = all.reduce((sum, { startedAt, completedAt }) => sum + completedAt - startedAt, 0);
  const waits = all
    .map(({ createdAt, startedAt }) => startedAt - createdAt)
    .sort((left, right) => left - right);
  return [
    ["ideal: jobs x length / runners", milliseconds(idealMs)],
    ["measured", milliseconds(tookMs)],
    ["times the ideal", ratio(tookMs, idealMs)],
    ["times the ideal in whole waves", ratio(tookMs, Math.ceil(jobs / runners) * seconds * 1000)],
    ["until all runners have a job", milliseconds(waits[Math.min(runners, jobs) - 1] ?? 0)],
    ["a job, from its runner's taking it to its end, mean", milliseconds(busyMs / jobs)],
    ...[0.5, 0.95, 1].map((share) => [
      `a runner's place empty while jobs wait, ${share === 1 ? "longest" : `p${share * 100}`}`,
      vacancies.length === 0 ? "-" : milliseconds(percentile(share, vacancies)),
    ]),
    ["runners at work, mean of the whole time", (busyMs / tookMs).toFixed(1)],
  ];
}
