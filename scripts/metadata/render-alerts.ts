import { parse } from "yaml";

interface Rule {
  readonly alert?: string;
  readonly record?: string;
  readonly expr: string;
  readonly for?: string;
  readonly labels?: { readonly severity: string };
  readonly annotations?: { readonly summary: string; readonly description: string };
}

const START = `# Alerts

The charm has rules for Prometheus, made for its [metrics](prometheus-metrics.md), in
\`observability/prometheus_alert_rules/github-runner.yaml\`.

- With Juju's observability stack: relate an agent, and it gets them, with the metrics and the [dashboards](dashboards.md).
  [The guide](../how-to/watch-with-cos.md) has each step.
- With a Prometheus of yours: set \`metrics-port\`, and take the file without what stands for the application:
  \`sed 's/%%juju_topology%%//g' github-runner.yaml >/etc/prometheus/github-runner.yaml\`, as one of its \`rule_files\`.

\`critical\`: jobs wait, or the [objective](objective.md) is missed soon. \`warning\`: look at it in working hours.

| alert | severity | after | what it means, and what to do |
| ----- | -------- | ----- | ----------------------------- |
`;

const RECORDS = `
## Recording rules

Series for the objective, one for each application. An error is a replacement or a wait of more than 10 seconds.

| series | expression |
| ------ | ---------- |
`;

/** The reference page of the alerts. @param text of the rule file */
export function renderAlerts(text: string): string {
  const { groups } = parse(text) as { readonly groups: readonly { readonly rules: readonly Rule[] }[] };
  const rules = groups.flatMap((group) => group.rules);
  const alerts = rules.flatMap(({ alert, annotations, for: after = "at once", labels }) =>
    alert === undefined || annotations === undefined
      ? []
      : [
          `| \`${alert}\` | ${labels?.severity ?? ""} | ${after} | ${plain(annotations.summary)}. ${plain(annotations.description)} |`,
        ],
  );
  const records = rules.flatMap(({ record, expr }) =>
    record === undefined
      ? []
      : [
          `| \`${record}\` | \`${inOneLine(expr.replaceAll(/,?%%juju_topology%%/g, "").replaceAll("{}", ""))}\` |`,
        ],
  );
  return `${START}${alerts.join("\n")}\n${RECORDS}${records.join("\n")}\n`;
}

/** What a template says of any unit. */
function plain(template: string): string {
  const text = template
    .replaceAll("{{ $labels.juju_unit }}", "the unit")
    .replaceAll("{{ $labels.juju_application }}", "the application")
    .replaceAll(/\{\{ \$value[^}]*\}\}/g, "*n*");
  return text.charAt(0).toUpperCase() + text.slice(1);
}

/** For a cell of a table, which a bar would end. */
function inOneLine(expression: string): string {
  return expression.trim().replaceAll(/\s+/g, " ").replaceAll("|", "\\|");
}
