/**
 * The labels of a metric, each with all of its values: nothing else is ever shown, so their number is bounded. A pattern is
 * for a gauge that has one series at a time, of values that the service itself makes.
 */
export type LabelSets = Readonly<Record<string, readonly string[] | RegExp>>;

interface Described<Labels extends LabelSets> {
  /** One sentence, with a full stop. */
  readonly help: string;
  readonly labels: Labels;
}

/** A number that only grows, until the process ends. */
export interface CounterMetric<Labels extends LabelSets = LabelSets> extends Described<Labels> {
  readonly kind: "counter";
}

/** A number of now. */
export interface GaugeMetric<Labels extends LabelSets = LabelSets> extends Described<Labels> {
  readonly kind: "gauge";
}

/** How often values were seen, by their size. */
export interface HistogramMetric<Labels extends LabelSets = LabelSets> extends Described<Labels> {
  readonly kind: "histogram";
  /** Upper bounds, ascending, without infinity. */
  readonly buckets: readonly number[];
}

export type Metric = CounterMetric | GaugeMetric | HistogramMetric;

/** Metrics by their names. */
export type MetricTable = Readonly<Record<string, Metric>>;

/** A value for each label of a metric. Values that the metric does not have become `other`, where it has that. */
export type LabelValues<M extends Metric> = { readonly [Name in keyof M["labels"]]: string };

type NoLabels = Readonly<Record<string, never>>;

export function counter<const Labels extends LabelSets = NoLabels>(
  help: string,
  labels = {} as Labels,
): CounterMetric<Labels> {
  return { kind: "counter", help, labels };
}

export function gauge<const Labels extends LabelSets = NoLabels>(
  help: string,
  labels = {} as Labels,
): GaugeMetric<Labels> {
  return { kind: "gauge", help, labels };
}

export function histogram<const Labels extends LabelSets = NoLabels>(
  help: string,
  buckets: readonly number[],
  labels = {} as Labels,
): HistogramMetric<Labels> {
  return { kind: "histogram", help, buckets, labels };
}
