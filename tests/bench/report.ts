import { readFile, writeFile } from "node:fs/promises";
import { availableParallelism } from "node:os";
import { isRecord } from "charm-kit";
import type { Table } from "./table.ts";

/** All that one run of the benchmark has found, as a file. */
export interface Report {
  readonly schema: 1;
  /** Of the machine. */
  readonly processors: number;
  /** Rounds of each measurement. */
  readonly repeat: number;
  readonly tables: readonly Table[];
}

/** A file is no report of this benchmark. */
export class ReportError extends Error {
  override readonly name = "ReportError";
}

export function reportOf(tables: readonly Table[], repeat: number): Report {
  return { schema: 1, processors: availableParallelism(), repeat, tables };
}

export async function writeReport(path: string, report: Report): Promise<void> {
  await writeFile(path, `${JSON.stringify(report, undefined, 2)}\n`);
}

/** @throws {@link ReportError}, and the file system's errors. */
export async function readReport(path: string): Promise<Report> {
  const read = parse(await readFile(path, "utf8"));
  if (isRecord(read) && read["schema"] === 1 && Array.isArray(read["tables"]))
    return read as unknown as Report;
  throw new ReportError(`${path} is no report of this benchmark; write one with --json`);
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

/**
 * The figures that two reports have in common, beside each other. Pure. Only the ratios, and the times of one machine, mean
 * something.
 */
export function compareReports(before: Report, after: Report): readonly Table[] {
  return after.tables.flatMap((table) => {
    const earlier = before.tables.find(({ title }) => title === table.title);
    const rows = earlier ? commonRows(earlier, table) : [];
    if (rows.length === 0) return [];
    return [
      { title: `${table.title}, against the earlier run`, columns: ["", "earlier", "now", "change"], rows },
    ];
  });
}

function commonRows(before: Table, after: Table): readonly (readonly string[])[] {
  return after.rows.flatMap(([label = "", ...cells]) => {
    const other = before.rows.find(([name]) => name === label);
    return cells.flatMap((cell, index) => {
      const column = after.columns[index + 1] ?? "";
      const was = other?.[before.columns.indexOf(column)] ?? "";
      const [from, to] = [figureIn(was), figureIn(cell)];
      if (from === undefined || to === undefined) return [];
      const change = from === 0 ? "-" : `${to >= from ? "+" : ""}${((to / from - 1) * 100).toFixed(0)} %`;
      return [[`${label}: ${column}`, was, cell, change]];
    });
  });
}

/** A time or a ratio; undefined for a text. */
function figureIn(cell: string): number | undefined {
  const [, figure] = /^(-?\d+(?:\.\d+)?)(?: ms)?$/.exec(cell) ?? [];
  return figure === undefined ? undefined : Number(figure);
}
