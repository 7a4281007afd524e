import { Charm, type Framework } from "juju-charm";
import { readMetadata } from "juju-charm/metadata";
import { Context, SubordinateRelation, type State } from "juju-charm/testing";
import worker from "lzma/src/lzma_worker.js";
import { COSAgent, type COSAgentOptions } from "../src/index.ts";

const metadata = readMetadata({
  charm: `name: web
summary: S
description: D
provides:
  cos-agent:
    interface: cos_agent
    scope: container
`,
});

/** A charm with an agent; `act` runs at update-status. */
export function webContext(
  options: Partial<COSAgentOptions>,
  act: (agent: COSAgent) => Promise<void> = () => Promise.resolve(),
): Context {
  const create = (framework: Framework) =>
    new (class WebCharm extends Charm {
      constructor() {
        super(framework);
        const agent = new COSAgent(this, { endpoint: "cos-agent", charmName: "web", ...options });
        framework.observe(this.on.updateStatus, () => act(agent));
      }
    })();
  return new Context(create, { metadata });
}

/** The relation with the agent on the machine. */
export function agentRelation(remoteUnitData: Readonly<Record<string, string>> = {}): SubordinateRelation {
  return new SubordinateRelation({
    endpoint: "cos-agent",
    id: 3,
    remoteApp: "agent",
    remoteUnit: 0,
    remoteUnitData,
  });
}

/** What the agent is told. */
export interface Config {
  readonly metrics_alert_rules: RuleFile;
  readonly log_alert_rules: RuleFile;
  readonly dashboards: readonly string[];
  readonly metrics_scrape_jobs: readonly { readonly job_name: string; readonly metrics_path?: string }[];
  readonly log_slots: readonly string[];
  readonly tracing_protocols: readonly string[] | null;
}

interface RuleFile {
  readonly groups?: readonly {
    readonly name: string;
    readonly rules: readonly { readonly expr: string; readonly labels: Readonly<Record<string, string>> }[];
  }[];
}

/** What the agent is told. */
export function configIn(state: State): Config {
  return JSON.parse(state.relation(3).localUnitData["config"] ?? "{}") as Config;
}

/** The dashboards that the agent is given. */
export function dashboardsIn(state: State): readonly Readonly<Record<string, unknown>>[] {
  return configIn(state).dashboards.map((packed) => {
    const unpacked = worker.LZMA.decompress(Buffer.from(packed, "base64"));
    const text = typeof unpacked === "string" ? unpacked : Buffer.from(unpacked).toString();
    return JSON.parse(text) as Readonly<Record<string, unknown>>;
  });
}
