import type { UnitMetricTable } from "../../src/metrics/unit-metric-table.ts";

/** A line or number of a panel, as a query in PromQL. */
export interface Query {
  readonly expression: string;
  /** Its name in the legend; labels as `{{label}}`. */
  readonly legend: string;
}

/** A state of a timeline: the value of its query, and the text that is shown for it. */
export interface ShownState {
  readonly text: string;
  readonly color: "green" | "yellow" | "orange" | "red" | "blue";
}

/**
 * How a panel shows its queries. `number`: the last value of each query. `lines`, `stack` and `bars`: values over time. `states`: a
 * band for each unit, whose values are numbers of states from 1.
 */
export type PanelStyle =
  | { readonly kind: "number"; readonly limits?: Limits }
  | { readonly kind: "lines" | "stack" | "bars" }
  | { readonly kind: "states"; readonly states: readonly ShownState[] };

/** From which value on a number is shown in another colour. */
export interface Limits {
  readonly warn?: number;
  readonly bad?: number;
}

/** Units of Grafana. */
export type Unit = "short" | "s" | "bytes" | "percentunit" | "ops";

/** A panel of a dashboard. */
export interface Panel {
  readonly title: string;
  /** One sentence or two, for the panel's hint and for the reference page. */
  readonly description: string;
  readonly style: PanelStyle;
  readonly unit: Unit;
  readonly queries: readonly Query[];
  /** Of the 24 columns of Grafana's grid. @default 4 for numbers, 12 for others */
  readonly width?: number;
}

/** Panels under a heading. */
export interface Row {
  readonly title: string;
  readonly panels: readonly Panel[];
}

/** A dashboard of Grafana, apart from what all dashboards of the charm have in common. */
export interface Dashboard {
  /** Identifies it, also in links: it must not change. */
  readonly uid: string;
  readonly title: string;
  readonly description: string;
  readonly rows: readonly Row[];
}

type Histograms = {
  [Name in keyof UnitMetricTable]: UnitMetricTable[Name]["kind"] extends "histogram" ? Name : never;
}[keyof UnitMetricTable];

/** A histogram of the unit's metrics. */
export type HistogramName = Histograms;

/** A name that queries can select. */
export type SeriesName =
  Exclude<keyof UnitMetricTable, Histograms> | `${Histograms}_${"bucket" | "sum" | "count"}`;
