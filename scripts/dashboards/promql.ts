import type { HistogramName, SeriesName } from "./dashboard.ts";

/** Labels of a unit, from the widest to the narrowest. Each is a variable of the dashboards. */
export const TOPOLOGY = ["juju_model", "juju_model_uuid", "juju_application", "juju_unit"] as const;

const CHOSEN = TOPOLOGY.map((label) => `${label}=~"$${label}"`).join(",");

/** Jobs and starts are few: shorter windows are empty most of the time. */
export const WINDOW = "15m";

/** The series of the chosen units. @param matchers in PromQL, such as `state="busy"` */
export function select(name: SeriesName, matchers = ""): string {
  return `${name}{${matchers === "" ? "" : `${matchers},`}${CHOSEN}}`;
}

/** The series of a name that programs of others have too. */
export function selectOwn(name: Extract<SeriesName, `process_${string}`>): string {
  return `(${select(name)} and on (instance, job) ${select("github_runner_build_info")})`;
}

/** How often a counter grows in a second, as short as the scraper's interval allows. */
export function rate(series: string): string {
  return `rate(${series}[$__rate_interval])`;
}

/** @param by labels that a line stands for, without `le` */
export function quantile(
  share: number,
  name: HistogramName,
  matchers = "",
  by: readonly string[] = [],
): string {
  const sum = `sum by (${["le", ...by].join(", ")}) (rate(${select(`${name}_bucket`, matchers)}[${WINDOW}]))`;
  return `histogram_quantile(${share}, ${sum})`;
}

/** The mean of a histogram's values. */
export function mean(name: HistogramName, matchers: string, by: readonly string[]): string {
  const total = (suffix: "sum" | "count") =>
    `sum by (${by.join(", ")}) (rate(${select(`${name}_${suffix}`, matchers)}[${WINDOW}]))`;
  return `${total("sum")} / ${total("count")}`;
}

/** What share of a histogram's values was at most a bound, which must be one of its buckets. */
export function shareWithin(bound: string, name: HistogramName, matchers: string): string {
  const total = (series: string) => `sum(increase(${series}[$__range]))`;
  const within = select(`${name}_bucket`, [`le="${bound}"`, matchers].filter(Boolean).join(","));
  return `${total(within)} / ${total(select(`${name}_count`, matchers))}`;
}

/** The number of the chosen state of each unit, from 1, of a gauge that shows 1 for one state. */
export function stateNumber(name: SeriesName, states: readonly string[]): string {
  const numbered = states.map((state, index) => `${select(name, `state="${state}"`)} * ${index + 1}`);
  return `max by (juju_unit) (${numbered.join(" or ")})`;
}
