import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Panel } from "../../../scripts/dashboards/dashboard.ts";
import { DASHBOARDS } from "../../../scripts/dashboards/dashboards.ts";
import { drawDashboard } from "./draw-dashboard.ts";
import { answerPanel, SHOWN, startRecordedPrometheus } from "./recorded-answers.ts";

/** `npm run pictures:dashboards`: draws the dashboards into docs/pictures, with what Prometheus answers to their queries. */
const PICTURES = join(import.meta.dirname, "../../../docs/pictures");

await mkdir(PICTURES, { recursive: true });
const prometheus = await startRecordedPrometheus();
try {
  for (const [file, dashboard] of Object.entries(DASHBOARDS)) {
    const path = join(PICTURES, `dashboard-${file.replace(".json", ".svg")}`);
    const answers = (panel: Panel) => answerPanel(prometheus, panel);
    await writeFile(path, await drawDashboard(dashboard, answers, SHOWN));
    process.stdout.write(`Wrote ${path}\n`);
  }
} finally {
  await prometheus.stop();
}
