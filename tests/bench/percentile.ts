import { milliseconds } from "./table.ts";

/** The cells of {@link percentileCells}. */
export const PERCENTILES = ["p50", "p95", "p99"] as const;

/** The median and the two percentiles that the objective is held against, of milliseconds, for a row of a table. */
export function percentileCells(values: readonly number[]): readonly string[] {
  return [0.5, 0.95, 0.99].map((share) => milliseconds(percentile(share, values)));
}

/**
 * The smallest measurement that a share of all is at most: the nearest rank.
 *
 * @param share above 0, at most 1.
 * @throws RangeError where there are no measurements.
 */
export function percentile(share: number, values: readonly number[]): number {
  const sorted = values.toSorted((left, right) => left - right);
  const found = sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)];
  if (found === undefined) throw new RangeError("Cannot take a percentile of no measurements");
  return found;
}
