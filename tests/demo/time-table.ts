/** One row of the table of times. */
export interface TimeRow {
  readonly phase: string;
  readonly ms: number;
  /** Why it took so long, or so little. */
  readonly note?: string;
  /** Whether the time is part of that of the row above which is not. */
  readonly part?: boolean;
}

/** Renders rows and their sum, in aligned columns. Pure. */
export function renderTimeTable(rows: readonly TimeRow[]): readonly string[] {
  const totalMs = rows.filter(({ part }) => part !== true).reduce((sum, { ms }) => sum + ms, 0);
  const all = [...rows, { phase: "Total", ms: totalMs }];
  const names = all.map(({ phase, part }: TimeRow) => (part === true ? `  ${phase}` : phase));
  const times = all.map(({ ms }) => duration(ms));
  const nameWidth = Math.max(...names.map(({ length }) => length));
  const timeWidth = Math.max(...times.map(({ length }) => length));
  return all.map(({ note }: TimeRow, index) =>
    [names[index]?.padEnd(nameWidth), times[index]?.padStart(timeWidth), note ?? ""].join("  ").trimEnd(),
  );
}

/** Milliseconds below a second, whose hundredths say nothing of a job of two milliseconds. */
function duration(ms: number): string {
  return ms < 1000 ? `${Math.round(ms)} ms` : `${(ms / 1000).toFixed(1)} s`;
}

/** Collects the rows while the phases pass. */
export class TimeTable {
  readonly #now: () => number;
  readonly #rows: TimeRow[] = [];

  /** @param now milliseconds of any clock. */
  constructor(now: () => number) {
    this.#now = now;
  }

  get rows(): readonly TimeRow[] {
    return this.#rows;
  }

  add(...rows: readonly TimeRow[]): void {
    this.#rows.push(...rows);
  }

  /** Times a phase; what the work returns may tell a note. */
  async measure<T>(phase: string, work: () => Promise<T>, note?: (result: T) => string): Promise<T> {
    const startedAt = this.#now();
    const result = await work();
    this.add({ phase, ms: this.#now() - startedAt, ...(note && { note: note(result) }) });
    return result;
  }
}
