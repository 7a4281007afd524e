import type { Metric } from "./metric.ts";

/** `text` is Prometheus' own format, version 0.0.4; `openmetrics` is OpenMetrics 1.0. */
export type ExpositionFormat = "text" | "openmetrics";

/** One line of a metric. */
export interface Sample {
  /** Added to the metric's name. */
  readonly suffix: string;
  /** Between the braces, without the bound. */
  readonly labels: string;
  /** Upper bound of a bucket; undefined for other lines. */
  readonly bound?: number;
  readonly value: number;
}

const CONTENT_TYPES: Readonly<Record<ExpositionFormat, string>> = {
  text: "text/plain; version=0.0.4; charset=utf-8",
  openmetrics: "application/openmetrics-text; version=1.0.0; charset=utf-8",
};

export function contentTypeOf(format: ExpositionFormat): string {
  return CONTENT_TYPES[format];
}

/** The format that a scraper accepts. Pure. */
export function formatFor(accept: string | undefined): ExpositionFormat {
  const isAccepted = (accept ?? "").split(",").some((range) => {
    const [type = "", ...options] = range.split(";").map((part) => part.trim().toLowerCase());
    return type === "application/openmetrics-text" && !options.includes("q=0");
  });
  return isAccepted ? "openmetrics" : "text";
}

/** The lines of one metric; none where it has no value. */
export function renderFamily(
  name: string,
  { help, kind }: Metric,
  samples: readonly Sample[],
  format: ExpositionFormat,
): string {
  if (samples.length === 0) return "";
  // In OpenMetrics, the family of a counter has a name of its own.
  const family = format === "openmetrics" ? name.replace(/_total$/, "") : name;
  const lines = samples.map(({ suffix, labels, bound, value }) => {
    const pairs = [labels, ...(bound === undefined ? [] : [`le="${boundText(bound)}"`])].filter(Boolean);
    return `${name}${suffix}${pairs.length > 0 ? `{${pairs.join(",")}}` : ""} ${value}`;
  });
  return [`# HELP ${family} ${help}`, `# TYPE ${family} ${kind}`, ...lines, ""].join("\n");
}

/** The same in both formats, so that series do not change with the scraper. */
function boundText(bound: number): string {
  if (bound === Infinity) return "+Inf";
  return Number.isInteger(bound) ? `${bound}.0` : String(bound);
}
