import type { MetricTable } from "../../src/metrics/metric.ts";

const START = `# Prometheus metrics

The runner service of a unit serves these metrics, in Prometheus' text format and in OpenMetrics, by what the scraper accepts:

- on its socket: \`curl --unix-socket /var/lib/github-runner/<slug>/service.sock http://localhost/metrics\`, as root;
- at \`http://localhost:<port>/metrics\`, on the loopback address alone, where the option
  [\`metrics-port\`](configuration.md) names a port, or \`cos-agent\` is related. In the second case each unit of a machine
  has a port of its own, from 20000 to 29999. When the port is taken, the unit's status says so.

Counters begin at 0 with each start of the service. Events of hooks are counted too; requests to GitHub and LXD are those of
the service alone. Labels have the values of this page and no others, whatever a guest reports. Clones and starts of the
instance are \`cloned\`; in a container the system boots while its payload is already being read, so that \`online\`
contains the boot. A runner that was a standby instance has no \`cloned\`.

At most 24 connections are served at a time, for at most 10 seconds each, but for 8 that watch the
[live page](../how-to/watch-a-unit.md), which is at the same address. Events wait for a scraper in at most 1000 files.

| metric | type | labels | meaning |
| ------ | ---- | ------ | ------- |
`;

/** The reference page of the metrics. */
export function renderMetrics(table: MetricTable): string {
  const rows = Object.entries(table).map(([name, { kind, help, labels }]) => {
    const sets = Object.entries(labels).map(([label, values]) =>
      values instanceof RegExp ? `\`${label}\`` : `\`${label}\`: ${values.join(", ")}`,
    );
    return `| \`${name}\` | ${kind} | ${sets.join("; ")} | ${help} |`;
  });
  return `${START}${rows.join("\n")}\n`;
}
