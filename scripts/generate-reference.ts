import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { configurationSchema } from "../src/charm/configuration-schema.ts";
import { loadMetadata } from "juju-charm/metadata";
import { UNIT_METRICS } from "../src/metrics/unit-metric-table.ts";
import { renderAlerts } from "./metadata/render-alerts.ts";
import { createProgram } from "../packages/juju-agent/src/command-line.ts";
import { EXIT_CODES } from "../packages/juju-agent/src/exit-codes.ts";
import { renderAgent } from "./metadata/render-agent.ts";
import { renderMetrics } from "./metadata/render-metrics.ts";
import { POLICY_RULES } from "../src/compliance/policy-rules.ts";
import { renderPolicy } from "./metadata/render-policy.ts";
import { renderActions, renderConfiguration } from "./metadata/render-reference.ts";
import { undescribed } from "./metadata/undescribed.ts";
import { writeGenerated } from "./metadata/write-generated.ts";

/**
 * `node scripts/generate-reference.ts [--check]`: writes the reference pages of the charm's options and actions from its
 * metadata, and of its agent's commands from their code; with `--check`, changes nothing and fails when one is stale.
 */
const root = join(import.meta.dirname, "..");
const ALERT_RULES = "observability/prometheus_alert_rules/github-runner.yaml";

try {
  const metadata = await loadMetadata(root);
  const bare = undescribed(metadata);
  if (bare.length > 0) throw new Error(`Cannot write the reference: ${bare.join("; ")}`);
  const pages = {
    "docs/reference/configuration.md": renderConfiguration(metadata, configurationSchema.properties),
    "docs/reference/prometheus-metrics.md": renderMetrics(UNIT_METRICS),
    "docs/reference/policy-rules.md": renderPolicy(POLICY_RULES),
    "docs/reference/actions.md": renderActions(metadata),
    "docs/reference/alerts.md": renderAlerts(await readFile(join(root, ALERT_RULES), "utf8")),
    "docs/reference/agent-commands.md": renderAgent(agentProgram(), EXIT_CODES),
  };
  await writeGenerated(root, pages, process.argv.includes("--check"));
} catch (thrown) {
  console.error(thrown instanceof Error ? thrown.message : thrown);
  process.exitCode = 1;
}

/** The program that has this charm; nothing is run. */
function agentProgram() {
  return createProgram({
    product: { name: "github-runner-agent", version: "", ownCharm: { archive: "", digest: "" } },
    print: () => undefined,
    printError: () => undefined,
    run: () => Promise.resolve(),
  }).describe();
}
