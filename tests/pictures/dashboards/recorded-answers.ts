import type { Panel, Query } from "../../../scripts/dashboards/dashboard.ts";
import { MINUTES, recordedFleet, START } from "../../support/prometheus/recorded-fleet.ts";
import {
  RecordedPrometheus,
  type QueriedSeries,
  type Span,
} from "../../support/prometheus/recorded-prometheus.ts";
import { recordTargets } from "../../support/prometheus/recording.ts";
import type { Line } from "./draw-panel.ts";

/** The part of the record that dashboards show: from half an hour on, so that all windows are full. */
export const SHOWN: Span = { start: START / 1000 + 1800, end: START / 1000 + MINUTES * 60, step: 60 };

/** As Grafana fills them in for a scraper that comes once a minute, with all units chosen. */
const VARIABLES: Readonly<Record<string, string>> = {
  __rate_interval: "4m",
  __range: "90m",
  juju_model: ".*",
  juju_model_uuid: ".*",
  juju_application: ".*",
  juju_unit: ".*",
};

/** An expression with the variables of the dashboards filled in. @throws Error for another variable */
export function fillIn(expression: string): string {
  return expression.replaceAll(/\$(\w+)/g, (_, name: string) => {
    const value = VARIABLES[name];
    if (value === undefined) throw new Error(`No dashboard has the variable ${name}`);
    return value;
  });
}

/** Starts Prometheus with the metrics of the recorded fleet. */
export async function startRecordedPrometheus(): Promise<RecordedPrometheus> {
  const times = Array.from({ length: MINUTES + 1 }, (_, minute) => START + minute * 60_000);
  return RecordedPrometheus.start(await recordTargets(recordedFleet(), times));
}

/** What the queries of a panel bring, with their legends. */
export async function answerPanel(
  prometheus: RecordedPrometheus,
  { queries }: Pick<Panel, "queries">,
): Promise<readonly Line[]> {
  const answers = await Promise.all(
    queries.map(async (query) => {
      const series = await prometheus.query(fillIn(query.expression), SHOWN);
      return series.map((one) => ({ name: nameOf(query, one), values: one.values }));
    }),
  );
  return answers.flat();
}

function nameOf({ legend }: Query, { labels }: QueriedSeries): string {
  return legend.replaceAll(/\{\{(\w+)\}\}/g, (_, label: string) => labels[label] ?? "");
}
