import { join } from "node:path";
import { buildDashboard } from "./dashboards/build-dashboard.ts";
import { DASHBOARD_DIRECTORY, DASHBOARDS } from "./dashboards/dashboards.ts";
import { renderDashboards } from "./dashboards/render-dashboards.ts";
import { writeGenerated } from "./metadata/write-generated.ts";

/**
 * `node scripts/generate-dashboards.ts [--check]`: writes the charm's dashboards for Grafana and their reference page; with
 * `--check`, changes nothing and fails when a file is stale.
 */
const models = Object.entries(DASHBOARDS).map(([file, dashboard]) => [
  `${DASHBOARD_DIRECTORY}/${file}`,
  JSON.stringify(buildDashboard(dashboard)),
]);

try {
  const files = {
    ...(Object.fromEntries(models) as Record<string, string>),
    "docs/reference/dashboards.md": renderDashboards(DASHBOARDS),
  };
  await writeGenerated(join(import.meta.dirname, ".."), files, process.argv.includes("--check"));
} catch (thrown) {
  console.error(thrown instanceof Error ? thrown.message : thrown);
  process.exitCode = 1;
}
