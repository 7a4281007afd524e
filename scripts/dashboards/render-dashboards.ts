import type { Dashboard, Panel, PanelStyle } from "./dashboard.ts";
import { DASHBOARD_DIRECTORY } from "./dashboards.ts";

const START = `# Dashboards

The charm has three dashboards for Grafana, made of the [Prometheus metrics](prometheus-metrics.md) alone. They are files in
\`${DASHBOARD_DIRECTORY}\` of the repository and of the charm's archive:

- with the Canonical Observability Stack, the relation \`cos-agent\` takes them there;
- elsewhere, import the files in Grafana: **Dashboards**, **New**, **Import**.

They choose units by the labels \`juju_model\`, \`juju_model_uuid\`, \`juju_application\` and \`juju_unit\`. An agent of the
Canonical Observability Stack adds these; a Prometheus of yours needs them in its configuration:

\`\`\`yaml
scrape_configs:
  - job_name: github-runner
    scrape_interval: 1m
    static_configs:
      - targets: ["localhost:9400"] # the option metrics-port of the unit
        labels:
          juju_model: ci
          juju_model_uuid: none
          juju_application: runners
          juju_unit: runners/0
\`\`\`

A unit serves its metrics on the loopback address alone: let an agent on its machine scrape it, such as Prometheus in agent
mode or Grafana Alloy, and send them on.

The pictures below are drawings with the answers of Prometheus to the same queries, and not screenshots of Grafana. They show two
recorded hours of three units. One is so busy that jobs wait. GitHub does not answer the second for ten minutes, and then limits
it. The third has too little memory, builds an image and is paused. Memory and processors in them are those of the program that
made the record.
`;

const STYLES: Readonly<Record<PanelStyle["kind"], string>> = {
  number: "number",
  lines: "lines",
  stack: "stacked",
  bars: "bars",
  states: "band for each unit",
};

/** The reference page of the dashboards. */
export function renderDashboards(dashboards: Readonly<Record<string, Dashboard>>): string {
  const sections = Object.entries(dashboards).map(([file, { title, description, rows }]) => {
    const name = title.replace("GitHub runners: ", "");
    const tables = rows.map(({ title: row, panels }) => `**${row}**\n\n${table(panels)}`);
    const heading = `## ${name.charAt(0).toUpperCase()}${name.slice(1)}`;
    const picture = `![Drawing of the dashboard ${title}; its panels are in the tables](../pictures/dashboard-${file.replace(".json", ".svg")})`;
    return [heading, `${description} File: \`${file}\`.`, picture, ...tables].join("\n\n");
  });
  return [START, ...sections].join("\n");
}

function table(panels: readonly Panel[]): string {
  const rows = panels.map(
    ({ title, style, description }) => `| ${title} | ${STYLES[style.kind]} | ${description} |`,
  );
  return `| panel | style | shows |\n| --- | --- | --- |\n${rows.join("\n")}\n`;
}
