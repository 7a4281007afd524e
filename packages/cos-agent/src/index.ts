export type { AlertRule, Rule, RuleGroup } from "./alert-rules.ts";
export { COSAgent, type COSAgentOptions, type MetricsEndpoint } from "./cos-agent.ts";
export type { Dashboard } from "./dashboards.ts";
export type { ScrapeJob, StaticConfig } from "./scrape-jobs.ts";
export type { TracingProtocol } from "./tracing.ts";
