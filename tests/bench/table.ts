/** What one benchmark found. */
export interface Table {
  readonly title: string;
  /** Headings; the first column is text, the others are figures. */
  readonly columns: readonly string[];
  readonly rows: readonly (readonly string[])[];
  /** Sentences that belong below the figures. */
  readonly notes?: readonly string[];
}

export type TableStyle = "terminal" | "markdown";

/** Renders a table, without a line's end after the last line. */
export function renderTable({ title, columns, rows, notes = [] }: Table, style: TableStyle): string {
  const widths = columns.map((_, index) =>
    Math.max(3, ...[columns, ...rows].map((row) => row[index]?.length ?? 0)),
  );
  const cells = (row: readonly string[]) =>
    widths.map((width, index) =>
      index === 0 ? (row[index] ?? "").padEnd(width) : (row[index] ?? "").padStart(width),
    );
  if (style === "terminal") {
    const lines = [columns, ...rows].map((row) => `  ${cells(row).join("  ")}`.trimEnd());
    return [title, ...lines, ...notes.map((note) => `  ${note}`)].join("\n");
  }
  const rule = widths.map((width, index) => (index === 0 ? "-".repeat(width) : `${"-".repeat(width - 1)}:`));
  const lines = [cells(columns), rule, ...rows.map(cells)].map((row) => `| ${row.join(" | ")} |`);
  return [`### ${title}`, "", ...lines, ...notes.flatMap((note) => ["", note])].join("\n");
}

/** Milliseconds for a cell, with as many digits as mean something: `0.42 ms`, `31.5 ms`, `3280 ms`. */
export function milliseconds(value: number): string {
  return `${value.toFixed(value < 1 ? 2 : value < 100 ? 1 : 0)} ms`;
}

/** How many times one figure is another, for a cell: `1.32`. */
export function ratio(value: number, reference: number): string {
  return (value / reference).toFixed(2);
}
