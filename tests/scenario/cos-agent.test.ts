import { cp, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { loadMetadata } from "juju-charm/metadata";
import { Context, State, SubordinateRelation } from "juju-charm/testing";
import type { JsonObject } from "juju-charm";
import { GithubRunnerCharm } from "../../src/charm/charm.ts";
import { metricsPort } from "../../src/unit/metrics-port.ts";
import { lonelyOptions, lonelySystem } from "../charm/lonely-system.ts";
import { promtool, usePrometheus } from "../support/prometheus/promtool.ts";
import { fetchCosAgentLibrary, type CosAgentLibrary } from "../support/cos/cos-agent-library.ts";

const ROOT = join(import.meta.dirname, "../..");
const DASHBOARDS = "observability/grafana_dashboards";
const RELATION = new SubordinateRelation({ endpoint: "cos-agent", id: 4, remoteApp: "agent" });
const PORT = metricsPort(undefined, true, "github-runner-0") ?? 0;

interface RuleFile {
  readonly groups: readonly {
    readonly name: string;
    readonly rules: readonly {
      readonly alert?: string;
      readonly record?: string;
      readonly expr: string;
      readonly labels: Readonly<Record<string, string>>;
    }[];
  }[];
}

interface Told {
  readonly metrics_alert_rules: RuleFile;
  readonly log_alert_rules: object;
  readonly dashboards: readonly string[];
  readonly metrics_scrape_jobs: readonly JsonObject[];
  readonly log_slots: readonly string[];
}

/** What the agent's library makes of it. */
interface Heard {
  readonly errors: readonly string[];
  readonly alerts: Readonly<Record<string, RuleFile>>;
  readonly logAlerts: object;
  readonly jobs: readonly {
    readonly metrics_path: string;
    readonly static_configs: readonly {
      readonly targets: readonly string[];
      readonly labels: Readonly<Record<string, string>>;
    }[];
  }[];
  readonly logs: readonly unknown[];
  readonly dashboards: readonly {
    readonly title: string;
    readonly content: Readonly<Record<string, unknown>>;
  }[];
}

describe("The charm and an observability agent", function () {
  this.timeout(180_000);
  let directory: string;
  let ctx: Context;

  before(async () => {
    directory = await mkdtemp(join(tmpdir(), "cos-agent-"));
    const charm = join(directory, "charm");
    await mkdir(charm);
    await cp(join(ROOT, "observability"), join(charm, "observability"), { recursive: true });
    const system = lonelySystem(directory);
    ctx = new Context((framework) => new GithubRunnerCharm(framework, system), {
      metadata: await loadMetadata(ROOT),
      charmDirectory: charm,
    });
    first = await ctx.run(ctx.on.relationCreated(RELATION), stateOf());
  });
  after(() => rm(directory, { recursive: true, force: true }));

  const stateOf = (config: JsonObject = {}) =>
    new State({ config: { ...lonelyOptions, ...config }, relations: [RELATION] });
  const textIn = (state: State) => state.relation(4).localUnitData["config"] ?? "{}";
  const toldBy = (state: State) => JSON.parse(textIn(state)) as Told;
  let first: State;
  /** After a change of the options. */
  const changed = (config: JsonObject) => {
    const options = { ...lonelyOptions, ...config };
    return ctx.run(
      ctx.on.configChanged(),
      new State({ relations: first.relations, storedState: first.storedState, config: options }),
    );
  };
  const targetsOf = (state: State) =>
    toldBy(state).metrics_scrape_jobs.flatMap((job) =>
      (job["static_configs"] as readonly { readonly targets: readonly string[] }[]).flatMap(
        ({ targets }) => targets,
      ),
    );

  it("tells it where the unit's metrics are, under a name that stays", async () => {
    expect(targetsOf(first)).to.deep.equal([`localhost:${PORT}`]);
    const [job] = toldBy(first).metrics_scrape_jobs;
    expect(job?.["job_name"]).to.match(/^github-runner_default_[\da-f]{8}$/);
    expect(job?.["metrics_path"]).to.equal("/metrics");
    expect(toldBy(await changed({})).metrics_scrape_jobs).to.deep.equal([job]);
  });

  it("follows metrics-port, and takes one that is none for the unit's own", async () => {
    expect(targetsOf(await changed({ "metrics-port": 9100 }))).to.deep.equal(["localhost:9100"]);
    for (const config of [{}, { "metrics-port": 99_999 }, { "virtual-machines": -1 }])
      expect(targetsOf(await changed(config)), JSON.stringify(config)).to.deep.equal([`localhost:${PORT}`]);
  });

  it("gives it each rule and each dashboard of the charm, and no logs: the agent reads the machine's by itself", async () => {
    const told = toldBy(first);
    expect(told.dashboards).to.have.lengthOf((await readdir(join(ROOT, DASHBOARDS))).length);
    const text = await readFile(
      join(ROOT, "observability/prometheus_alert_rules/github-runner.yaml"),
      "utf8",
    );
    const rules = told.metrics_alert_rules.groups.flatMap((group) => group.rules);
    const alerts = rules.flatMap(({ alert }) => alert ?? []);
    const own = [...text.matchAll(/- alert: (\w+)/g)].map(([, name]) => name);
    expect(alerts).to.include.members(own).and.to.include("HostDown");
    expect(text.match(/- record: /g)).to.have.lengthOf(rules.filter(({ record }) => record).length);
    expect(told).to.deep.include({ log_alert_rules: {}, log_slots: [] });
    expect(JSON.stringify(told)).not.to.contain("%%").and.not.to.contain(lonelyOptions.token);
  });

  it("keeps rules to the application", () => {
    const state = first;
    const { name, uuid } = state.model;
    const matchers = `juju_model="${name}", juju_model_uuid="${uuid}", juju_application="github-runner"`;
    for (const { name: group, rules } of toldBy(state).metrics_alert_rules.groups) {
      expect(group).to.match(/^[\w:]+_github_runner_\w+_rules$/);
      for (const { expr, labels } of rules) {
        expect(expr).to.contain(matchers);
        expect(labels).to.include({ juju_model: name, juju_application: "github-runner" });
      }
    }
  });

  it("tells nothing and fails nothing while there is no agent", async () => {
    const state = new State({ config: lonelyOptions });
    expect((await ctx.run(ctx.on.configChanged(), state)).relations).to.deep.equal([]);
  });

  it("tells what an upgraded charm has", async () => {
    const before = first.relation(4);
    if (before.kind !== "subordinate") throw new Error("It is another relation");
    const stale = before.with({ localUnitData: { config: "{}" } });
    const state = new State({ config: lonelyOptions, relations: [stale] });
    const after = await ctx.run(ctx.on.upgradeCharm(), state);
    expect(textIn(after)).to.equal(before.localUnitData["config"]);
  });

  describe("in Prometheus' eyes", () => {
    usePrometheus();

    it("has valid rules", async () => {
      const path = join(directory, "rules.json");
      await writeFile(path, JSON.stringify(toldBy(first).metrics_alert_rules));
      const { isFine, output } = promtool(["check", "rules", path]);
      expect(isFine, output).to.equal(true);
    });
  });

  describe("in the eyes of Canonical's library", function () {
    this.timeout(900_000);
    let library: CosAgentLibrary;

    before(async function () {
      const found = await fetchCosAgentLibrary();
      if (typeof found === "string") this.skip();
      library = found;
    });

    it("names groups, labels and dashboards as cosl does", async () => {
      const state = first;
      const program = `
import json, sys
from cosl import DashboardPath40UID, JujuTopology, LZMABase64
from cosl.rules import AlertRules, generic_alert_groups
told = json.load(sys.stdin)
topology = JujuTopology(model=told["model"], model_uuid=told["uuid"], application="github-runner", charm_name="github-runner")
rules = AlertRules(query_type="promql", topology=topology)
rules.add_path(told["rules"])
rules.add(generic_alert_groups.application_rules, group_name_prefix=topology.identifier)
print(json.dumps({
  "rules": rules.as_dict(),
  "dashboards": [json.loads(LZMABase64.decompress(one)) for one in told["dashboards"]],
  "uids": {path: DashboardPath40UID.generate("github-runner", path) for path in told["paths"]},
}))`;
      const { name: model, uuid } = state.model;
      const files = await readdir(join(ROOT, DASHBOARDS));
      const made = library.run(program, {
        ...{ model, uuid, dashboards: toldBy(state).dashboards },
        rules: join(ROOT, "observability/prometheus_alert_rules"),
        paths: files.map((file) => `${DASHBOARDS}/${file}`),
      }) as {
        readonly rules: RuleFile;
        readonly dashboards: readonly Readonly<Record<string, unknown>>[];
        readonly uids: Readonly<Record<string, string>>;
      };
      const shape = ({ groups }: RuleFile) =>
        groups
          .map(({ name, rules }) => ({
            name,
            rules: rules.map(({ alert = "", record = "", labels }) => ({ alert, record, labels })),
          }))
          .sort((left, right) => (left.name < right.name ? -1 : 1));
      expect(shape(toldBy(state).metrics_alert_rules)).to.deep.equal(shape(made.rules));
      expect(made.dashboards.map(({ uid }) => uid)).to.have.members(Object.values(made.uids));
      for (const { uid, tags, ...dashboard } of made.dashboards) {
        const [path = ""] = Object.entries(made.uids).find(([, each]) => each === uid) ?? [];
        const file = JSON.parse(await readFile(join(ROOT, path), "utf8")) as Record<string, unknown>;
        const { tags: own = [], ...rest } = file;
        expect({ ...dashboard, uid: rest["uid"] }).to.deep.equal(rest);
        expect(tags).to.deep.equal([...(own as readonly string[]), "charm: github-runner"]);
      }
    });

    it("is understood by the agent's side of cos_agent, which adds the unit to its series", async function () {
      // No way to GitHub from here, and COS_AGENT_LIBRARY names no copy.
      if (!library.hasLibrary) this.skip();
      const state = first;
      const program = await readFile(join(import.meta.dirname, "../support/cos/requirer.py"), "utf8");
      const { name: model, uuid } = state.model;
      const ask = (config: string) =>
        library.run(program, {
          ...{ application: "github-runner", model, uuid, data: { config } },
        }) as Heard;
      const told = toldBy(state);
      const heard = ask(textIn(state));
      expect(heard.errors).to.deep.equal([]);
      expect(Object.values(heard.alerts)).to.deep.equal([told.metrics_alert_rules]);
      expect([heard.logAlerts, heard.logs]).to.deep.equal([{}, []]);
      expect(
        heard.jobs.map(({ metrics_path: path, static_configs: [target] }) => [path, target]),
      ).to.deep.equal([
        [
          "/metrics",
          {
            targets: [`localhost:${PORT}`],
            labels: {
              juju_model: model,
              juju_model_uuid: uuid,
              juju_application: "github-runner",
              juju_unit: "github-runner/0",
            },
          },
        ],
      ]);
      expect(heard.dashboards.map(({ title }) => title)).to.have.lengthOf(told.dashboards.length);
      for (const { content } of heard.dashboards)
        expect(content["panels"]).to.be.an("array").that.is.not.empty;
      const broken = JSON.stringify({ ...told, log_slots: undefined });
      expect(ask(broken).errors, "of data that lacks a part").to.have.lengthOf(1);
    });
  });
});
