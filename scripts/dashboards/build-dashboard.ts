import type { Builder, Dataquery } from "@grafana/grafana-foundation-sdk/cog";
import {
  BigValueColorMode,
  BigValueGraphMode,
  GraphDrawStyle,
  LegendDisplayMode,
  LegendPlacement,
  ReduceDataOptionsBuilder,
  StackingConfigBuilder,
  StackingMode,
  TooltipDisplayMode,
  VisibilityMode,
  VizLegendOptionsBuilder,
  VizTooltipOptionsBuilder,
} from "@grafana/grafana-foundation-sdk/common";
import {
  DashboardBuilder,
  DashboardCursorSync,
  DashboardLinkBuilder,
  DashboardLinkType,
  MappingType,
  RowBuilder,
  ThresholdsConfigBuilder,
  ThresholdsMode,
  type Dashboard as BuiltDashboard,
  type Panel as BuiltPanel,
  type Threshold,
  type VariableModel,
} from "@grafana/grafana-foundation-sdk/dashboard";
import { DataqueryBuilder } from "@grafana/grafana-foundation-sdk/prometheus";
import { PanelBuilder as StatBuilder } from "@grafana/grafana-foundation-sdk/stat";
import { PanelBuilder as StateTimelineBuilder } from "@grafana/grafana-foundation-sdk/statetimeline";
import { PanelBuilder as TimeSeriesBuilder } from "@grafana/grafana-foundation-sdk/timeseries";
import type { Dashboard, Limits, Panel, Query, ShownState } from "./dashboard.ts";
import { TOPOLOGY } from "./promql.ts";

/** The variable of the Canonical Observability Stack for its Prometheus. */
const SOURCE = { type: "prometheus", uid: "${prometheusds}" };
/** Marks the dashboards of the charm, which link to each other. */
const TAG = "github-runner";
const HEIGHTS = { number: 4, others: 8 } as const;
const COLUMNS = { number: 4, others: 12 } as const;

/** Builds the dashboard as Grafana imports it. */
// eslint-disable-next-line @typescript-eslint/no-deprecated -- as below
export function buildDashboard({ uid, title, description, rows }: Dashboard): BuiltDashboard {
  // eslint-disable-next-line @typescript-eslint/no-deprecated -- Grafana before 12 cannot read the newer schema
  const builder = new DashboardBuilder(title)
    .uid(uid)
    .description(description)
    .tags([TAG])
    .editable()
    .timezone("browser")
    .refresh("1m")
    .time({ from: "now-6h", to: "now" })
    .tooltip(DashboardCursorSync.Crosshair)
    .link(
      new DashboardLinkBuilder("GitHub runners")
        .type(DashboardLinkType.Dashboards)
        .tags([TAG])
        .includeVars(true)
        .keepTime(true),
    );
  for (const variable of [sourceVariable(), ...TOPOLOGY.map((_, level) => topologyVariable(level))])
    builder.withVariable({ build: () => variable as unknown as VariableModel });
  for (const row of rows) {
    builder.withRow(new RowBuilder(row.title));
    for (const panel of row.panels) builder.withPanel(buildPanel(panel));
  }
  return builder.build();
}

function buildPanel(panel: Panel): Builder<BuiltPanel> {
  const { style, title, description, unit, queries } = panel;
  const size = style.kind === "number" ? "number" : "others";
  const builder = builderFor(panel);
  return builder
    .title(title)
    .description(description)
    .datasource(SOURCE)
    .unit(unit)
    .height(HEIGHTS[size])
    .span(panel.width ?? COLUMNS[size])
    .targets(queries.map((query, index) => buildQuery(query, index)));
}

function builderFor({ style, unit }: Panel): StatBuilder | StateTimelineBuilder | TimeSeriesBuilder {
  switch (style.kind) {
    case "number":
      return new StatBuilder()
        .decimals(unit === "percentunit" ? 1 : 0)
        .colorMode(BigValueColorMode.Value)
        .graphMode(BigValueGraphMode.Area)
        .reduceOptions(new ReduceDataOptionsBuilder().calcs(["lastNotNull"]).values(false))
        .thresholds(
          new ThresholdsConfigBuilder().mode(ThresholdsMode.Absolute).steps(thresholds(style.limits ?? {})),
        );
    case "states":
      return new StateTimelineBuilder()
        .mappings([{ type: MappingType.ValueToText, options: stateTexts(style.states) }])
        .mergeValues(true)
        .showValue(VisibilityMode.Auto)
        .lineWidth(0)
        .fillOpacity(70)
        .legend(legend())
        .tooltip(new VizTooltipOptionsBuilder().mode(TooltipDisplayMode.Single));
    case "lines":
    case "stack":
    case "bars":
      return new TimeSeriesBuilder()
        .min(0)
        .lineWidth(1)
        .fillOpacity(style.kind === "lines" ? 5 : 40)
        .drawStyle(style.kind === "bars" ? GraphDrawStyle.Bars : GraphDrawStyle.Line)
        .stacking(
          new StackingConfigBuilder().mode(style.kind === "lines" ? StackingMode.None : StackingMode.Normal),
        )
        .legend(legend())
        .tooltip(new VizTooltipOptionsBuilder().mode(TooltipDisplayMode.Multi));
  }
}

function buildQuery({ expression, legend: name }: Query, index: number): Builder<Dataquery> {
  return new DataqueryBuilder()
    .refId(String.fromCharCode("A".charCodeAt(0) + index))
    .datasource(SOURCE)
    .expr(expression)
    .legendFormat(name)
    .range();
}

function legend(): VizLegendOptionsBuilder {
  return new VizLegendOptionsBuilder()
    .displayMode(LegendDisplayMode.List)
    .placement(LegendPlacement.Bottom)
    .showLegend(true)
    .calcs([]);
}

function thresholds({ warn, bad }: Limits): Threshold[] {
  return [
    { value: null, color: "green" },
    ...(warn === undefined ? [] : [{ value: warn, color: "orange" }]),
    ...(bad === undefined ? [] : [{ value: bad, color: "red" }]),
  ];
}

function stateTexts(states: readonly ShownState[]) {
  return Object.fromEntries(
    states.map(({ text, color }, index) => [String(index + 1), { text, color, index }] as const),
  );
}

/** Member for member as the Canonical Observability Stack adds it to dashboards without it: it adds no second one then. */
function sourceVariable() {
  return {
    description: null,
    error: null,
    hide: 0,
    includeAll: true,
    label: "Prometheus datasource",
    multi: true,
    name: "prometheusds",
    options: [],
    query: "prometheus",
    refresh: 1,
    regex: "",
    skipUrlSync: false,
    type: "datasource",
  };
}

/** A choice of units by one of their labels, within the choices before it. As in {@link sourceVariable}. */
function topologyVariable(level: number) {
  const name = TOPOLOGY[level] ?? "";
  const chosen = TOPOLOGY.slice(0, level).map((label) => `${label}=~"$${label}"`);
  const series = chosen.length === 0 ? "up" : `up{${chosen.join(",")}}`;
  const query = `label_values(${series},${name})`;
  return {
    allValue: ".*",
    datasource: SOURCE.uid,
    definition: query,
    description: null,
    error: null,
    hide: 0,
    includeAll: true,
    label: `Juju ${name.replace("juju_", "").replaceAll("_", " ")}`,
    multi: true,
    name,
    query: { query, refId: "StandardVariableQuery" },
    refresh: 1,
    regex: "",
    skipUrlSync: false,
    sort: 0,
    tagValuesQuery: "",
    tags: [],
    tagsQuery: "",
    type: "query",
    useTags: false,
  };
}
