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
