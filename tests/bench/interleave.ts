/** Measures once and gives milliseconds. */
export type Measure = () => number | Promise<number>;

/**
 * Measures A, B, A, B and so on, so that whatever else the machine does meets all of them alike. What is measured first
 * changes from round to round, for what one leaves behind meets the next.
 *
 * @returns the measurements under the names of their measures, in the order of the rounds.
 */
export async function interleave<Name extends string>(
  measures: Readonly<Record<Name, Measure>>,
  rounds: number,
): Promise<Readonly<Record<Name, readonly number[]>>> {
  const entries = Object.entries(measures) as [Name, Measure][];
  const series = Object.fromEntries(entries.map(([name]) => [name, [] as number[]])) as Record<
    Name,
    number[]
  >;
  for (let round = 0; round < rounds; round++) {
    const first = round % entries.length;
    for (const [name, measure] of [...entries.slice(first), ...entries.slice(0, first)]) {
      series[name].push(await measure());
    }
  }
  return series;
}
