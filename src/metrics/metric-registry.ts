import { renderFamily, type ExpositionFormat, type Sample } from "./exposition.ts";
import type {
  CounterMetric,
  GaugeMetric,
  HistogramMetric,
  LabelValues,
  Metric,
  MetricTable,
} from "./metric.ts";

/** The names of a table's metrics of one kind. */
export type NamesOf<Table extends MetricTable, M extends Metric> = {
  [Name in keyof Table]: Table[Name] extends M ? Name : never;
}[keyof Table] &
  string;

interface Distribution {
  /** How many values were at most the bound of the same index, and above the one before. */
  readonly counts: number[];
  sum: number;
  count: number;
}

/** The value of a label that a metric shows for all values that it does not have. */
const OTHER = "other";

/**
 * The values of the metrics of a table. Bounded: a metric has at most the product of its labels' values as series, whatever
 * it is told, and a value that is no number is left out.
 */
export class MetricRegistry<Table extends MetricTable> {
  readonly #table: Table;
  readonly #numbers = new Map<string, Map<string, number>>();
  readonly #distributions = new Map<string, Map<string, Distribution>>();

  constructor(table: Table) {
    this.#table = table;
    for (const [name, metric] of Object.entries(table)) {
      // Counters and histograms begin at 0, so that their first increase is seen.
      if (metric.kind === "gauge") continue;
      for (const labels of combinations(metric)) {
        if (metric.kind === "counter") this.#seriesOf(name).set(labels, 0);
        else this.#distributionsOf(name).set(labels, emptyDistribution(metric));
      }
    }
  }

  /** Adds to a counter. */
  count<Name extends NamesOf<Table, CounterMetric>>(
    name: Name,
    labels: LabelValues<Table[Name]>,
    by = 1,
  ): void {
    const key = this.#key(name, labels);
    if (key === undefined || !Number.isFinite(by) || by < 0) return;
    const series = this.#seriesOf(name);
    series.set(key, (series.get(key) ?? 0) + by);
  }

  /** Sets a counter that another one counts, such as the kernel. */
  setCount<Name extends NamesOf<Table, CounterMetric>>(
    name: Name,
    labels: LabelValues<Table[Name]>,
    value: number,
  ): void {
    const key = this.#key(name, labels);
    if (key !== undefined && Number.isFinite(value) && value >= 0) this.#seriesOf(name).set(key, value);
  }

  /** @param value undefined where it is not known: the series is left out. */
  set<Name extends NamesOf<Table, GaugeMetric>>(
    name: Name,
    labels: LabelValues<Table[Name]>,
    value: number | undefined,
  ): void {
    const key = this.#key(name, labels);
    if (key === undefined) return;
    if (isFree(this.#metric(name))) this.#seriesOf(name).clear();
    if (value === undefined || !Number.isFinite(value)) this.#seriesOf(name).delete(key);
    else this.#seriesOf(name).set(key, value);
  }

  /** Shows 1 for one value of the only label, and 0 for the others; nothing where the value is not known. */
  choose(name: NamesOf<Table, GaugeMetric>, chosen: string | undefined): void {
    const [[label, values] = ["", []]] = Object.entries(this.#metric(name).labels);
    if (values instanceof RegExp) return;
    for (const value of values) {
      const labels = { [label]: value } as LabelValues<Table[NamesOf<Table, GaugeMetric>]>;
      this.set(name, labels, chosen === undefined ? undefined : Number(value === chosen));
    }
  }

  /** Counts a value in a histogram. */
  observe<Name extends NamesOf<Table, HistogramMetric>>(
    name: Name,
    labels: LabelValues<Table[Name]>,
    value: number,
  ): void {
    const key = this.#key(name, labels);
    const metric = this.#metric(name);
    if (key === undefined || !Number.isFinite(value) || value < 0 || metric.kind !== "histogram") return;
    const series = this.#distributionsOf(name);
    const distribution = series.get(key) ?? emptyDistribution(metric);
    series.set(key, distribution);
    const bucket = metric.buckets.findIndex((bound) => value <= bound);
    const index = bucket < 0 ? metric.buckets.length : bucket;
    distribution.counts[index] = (distribution.counts[index] ?? 0) + 1;
    distribution.sum += value;
    distribution.count += 1;
  }

  /** All metrics in a format of Prometheus. */
  expose(format: ExpositionFormat): string {
    const families = Object.entries(this.#table).map(([name, metric]) =>
      renderFamily(name, metric, this.#samplesOf(name, metric), format),
    );
    return [...families, ...(format === "openmetrics" ? ["# EOF\n"] : [])].join("");
  }

  #samplesOf(name: string, metric: Metric): readonly Sample[] {
    if (metric.kind !== "histogram")
      return [...this.#seriesOf(name)].map(([labels, value]) => ({ suffix: "", labels, value }));
    return [...this.#distributionsOf(name)].flatMap(([labels, { counts, sum, count }]) => {
      let seen = 0;
      const buckets = metric.buckets.map((bound, index) => {
        seen += counts[index] ?? 0;
        return { suffix: "_bucket", labels, bound, value: seen };
      });
      return [
        ...buckets,
        { suffix: "_bucket", labels, bound: Infinity, value: count },
        { suffix: "_sum", labels, value: sum },
        { suffix: "_count", labels, value: count },
      ];
    });
  }

  /** @returns undefined for a value that the metric does not have. */
  #key(name: string, labels: Readonly<Record<string, string>>): string | undefined {
    const pairs: string[] = [];
    for (const [label, values] of Object.entries(this.#metric(name).labels)) {
      const told = labels[label] ?? "";
      if (values instanceof RegExp) {
        pairs.push(`${label}="${values.test(told) ? told : "unknown"}"`);
        continue;
      }
      const value = values.includes(told) ? told : OTHER;
      if (!values.includes(value)) return undefined;
      pairs.push(`${label}="${value}"`);
    }
    return pairs.join(",");
  }

  #metric(name: string): Metric {
    const metric = this.#table[name];
    if (!metric) throw new Error(`There is no metric '${name}'`);
    return metric;
  }

  #seriesOf(name: string): Map<string, number> {
    const series = this.#numbers.get(name) ?? new Map<string, number>();
    this.#numbers.set(name, series);
    return series;
  }

  #distributionsOf(name: string): Map<string, Distribution> {
    const series = this.#distributions.get(name) ?? new Map<string, Distribution>();
    this.#distributions.set(name, series);
    return series;
  }
}

function emptyDistribution({ buckets }: HistogramMetric): Distribution {
  return { counts: Array.from({ length: buckets.length + 1 }, () => 0), sum: 0, count: 0 };
}

/** Whether a label has other values than those of a list: only the last series stays then. */
function isFree({ labels }: Metric): boolean {
  return Object.values(labels).some((values) => values instanceof RegExp);
}

/** All series that a metric can have. */
function combinations({ labels }: Metric): readonly string[] {
  return Object.entries(labels).reduce<readonly string[]>(
    (keys, [label, values]) =>
      keys.flatMap((key) =>
        (values instanceof RegExp ? [] : values).map(
          (value) => `${key}${key === "" ? "" : ","}${label}="${value}"`,
        ),
      ),
    [""],
  );
}
