import { resolve } from "node:path";
import { isRecord } from "charm-kit";
import type {
  BoundEvent,
  Charm,
  CharmTypes,
  EndpointOf,
  Relation,
  StateSlot,
  UntypedCharm,
} from "juju-charm";
import { HOST_HEALTH, readRules, ruleFile, type RuleGroup } from "./alert-rules.ts";
import { packDashboards, readDashboards, type Dashboard, type PackedDashboard } from "./dashboards.ts";
import { ownJobs, type ScrapeJob } from "./scrape-jobs.ts";
import type { Topology } from "./topology.ts";
import { endpointOf, type TracingProtocol } from "./tracing.ts";

/** Where the unit shows metrics on its own machine. */
export interface MetricsEndpoint {
  readonly path: string;
  readonly port: number;
}

/** Options of {@link COSAgent}. Directories are absolute, or below the charm's; one that does not exist is empty. */
export interface COSAgentOptions<T extends CharmTypes = UntypedCharm> {
  /** An endpoint in `provides` with the interface `cos_agent` and `scope: container`. */
  readonly endpoint: EndpointOf<T, "cos_agent">;
  /** The name in charm.yaml. */
  readonly charmName: string;
  /** @default none */
  readonly metricsEndpoints?: readonly MetricsEndpoint[];
  /** Scrape jobs with further options, or what makes them. @default none */
  readonly scrapeJobs?: readonly ScrapeJob[] | (() => Promise<readonly ScrapeJob[]>);
  /** A directory of rule files, or the groups. @default "src/prometheus_alert_rules" */
  readonly metricsRules?: string | readonly RuleGroup[];
  /** A directory of rule files, or the groups. @default "src/loki_alert_rules" */
  readonly logRules?: string | readonly RuleGroup[];
  /** A directory of dashboards in JSON, or the dashboards. @default "src/grafana_dashboards" */
  readonly dashboards?: string | readonly Dashboard[];
  /** Slots of snaps that have logs, such as `etcd:logs`. @default none */
  readonly logSlots?: readonly string[];
  /** Protocols in which the unit sends traces. @default none */
  readonly tracingProtocols?: readonly TracingProtocol[];
  /** Further events after which the data is made anew. */
  readonly refreshOn?: readonly BoundEvent[];
}

/**
 * The principal's side of the relation interface `cos_agent`: tells a subordinate agent, such as `grafana-agent` or
 * `opentelemetry-collector`, which metrics and logs the unit has, and gives it alert rules and dashboards.
 *
 * Create it in the constructor of the charm. A file that cannot be read is logged, and left out.
 */
export class COSAgent<T extends CharmTypes = UntypedCharm> {
  readonly #charm: Charm;
  readonly #endpoint: string;
  readonly #options: COSAgentOptions<T>;
  readonly #state: StateSlot<readonly string[]>;

  constructor(charm: Charm<T>, options: COSAgentOptions<T>) {
    // Safe: the endpoint is one of the charm's.
    this.#charm = charm as unknown as Charm;
    this.#endpoint = options.endpoint;
    this.#options = options;
    this.#state = { name: `cos-agent-${options.endpoint}`, parse: texts };
    const { on, framework } = this.#charm;
    const { created, joined, changed } = on.relation(options.endpoint);
    const events = [
      created,
      joined,
      changed,
      on.configChanged,
      on.upgradeCharm,
      ...(options.refreshOn ?? []),
    ];
    for (const event of events) framework.observe(event, () => this.refresh());
  }

  /** Makes the data anew. Happens by itself after events of the relation, of the configuration, and after an upgrade. */
  async refresh(): Promise<void> {
    const relations = await this.#charm.model.relations(this.#endpoint);
    const [first] = relations;
    if (!first) return;
    const dashboards = await this.#dashboards(first);
    const config = JSON.stringify({
      metrics_alert_rules: await this.#rules("metricsRules", "src/prometheus_alert_rules", [HOST_HEALTH]),
      log_alert_rules: await this.#rules("logRules", "src/loki_alert_rules"),
      dashboards: dashboards.map(({ packed }) => packed),
      subordinate: null,
      metrics_scrape_jobs: await this.#jobs(),
      log_slots: this.#options.logSlots ?? [],
      tracing_protocols: this.#options.tracingProtocols ?? null,
    });
    for (const relation of relations) await relation.data(this.#charm.unit).update({ config });
    const digests = dashboards.map(({ digest }) => digest);
    await this.#charm.framework.state.write(this.#state, digests);
  }

  /** The address to send traces to; undefined while the agent has none, and for a protocol that was not asked for. */
  async tracingEndpoint(protocol: TracingProtocol): Promise<string | undefined> {
    for (const relation of await this.#charm.model.relations(this.#endpoint)) {
      for (const unit of await relation.units()) {
        const endpoint = endpointOf(await relation.data(unit).get("receivers"), protocol);
        if (endpoint !== undefined) return endpoint;
      }
    }
    return undefined;
  }

  async #jobs(): Promise<readonly ScrapeJob[]> {
    const { scrapeJobs = [], metricsEndpoints = [] } = this.#options;
    const jobs = typeof scrapeJobs === "function" ? await scrapeJobs() : scrapeJobs;
    const endpoints = metricsEndpoints.map(({ path, port }) => ({
      metrics_path: path,
      static_configs: [{ targets: [`localhost:${port}`] }],
    }));
    return ownJobs([...jobs, ...endpoints], this.#charm.app.name);
  }

  async #rules(
    option: "metricsRules" | "logRules",
    directory: string,
    always: readonly RuleGroup[] = [],
  ): Promise<object> {
    const source = this.#options[option] ?? directory;
    const groups = typeof source === "string" ? await readRules(this.#path(source), this.#onProblem) : source;
    return ruleFile([...groups, ...always], this.#topology);
  }

  async #dashboards(relation: Relation): Promise<readonly PackedDashboard[]> {
    const { dashboards: source = "src/grafana_dashboards", charmName } = this.#options;
    const dashboards =
      typeof source === "string"
        ? await readDashboards(this.#path(source), this.#charm.framework.context.charmDir, this.#onProblem)
        : source;
    return packDashboards(dashboards, charmName, await this.#known(relation));
  }

  /** The dashboards in the data of now, of which the state has the digests. */
  async #known(relation: Relation): Promise<readonly PackedDashboard[]> {
    const digests = await this.#charm.framework.state.read(this.#state);
    const text = digests.length > 0 ? await relation.data(this.#charm.unit).get("config") : undefined;
    const config = (text === undefined ? {} : JSON.parse(text)) as unknown;
    const packed = isRecord(config) ? texts(config["dashboards"]) : [];
    if (packed.length !== digests.length) return [];
    return packed.map((one, index) => ({ packed: one, digest: digests[index] ?? "" }));
  }

  readonly #onProblem = (problem: string): void => {
    this.#charm.log.error(`Cannot use a file for the observability agent: ${problem}`);
  };

  #path(path: string): string {
    return resolve(this.#charm.framework.context.charmDir, path);
  }

  get #topology(): Topology {
    const { model, app } = this.#charm;
    return { model: model.name, modelUUID: model.uuid, app: app.name, charmName: this.#options.charmName };
  }
}

function texts(stored: unknown): readonly string[] {
  return Array.isArray(stored) ? stored.map(String) : [];
}
