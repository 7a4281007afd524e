import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { expect } from "chai";
import { State } from "juju-charm/testing";
import { agentRelation, configIn, dashboardsIn, webContext } from "./web-charm.ts";

/** Recorded from the Python library; `origin` says how. */
const RECORDED = JSON.parse(
  readFileSync(join(import.meta.dirname, "fixtures/python-library.json"), "utf8"),
) as {
  readonly receivers: string;
  readonly config: {
    readonly metrics_alert_rules: { readonly groups: readonly { readonly name: string }[] };
  };
  readonly uid: string;
};

const RULE = {
  alert: "Slow",
  expr: "latency{%%juju_topology%%} > 1",
  labels: { severity: "warning", juju_charm: "other" },
};

describe("COSAgent", () => {
  let directory: string;
  beforeEach(() => (directory = mkdtempSync(join(tmpdir(), "cos-agent-"))));
  afterEach(() => {
    rmSync(directory, { recursive: true });
  });
  const write = (path: string, content: string) => {
    mkdirSync(dirname(join(directory, path)), { recursive: true });
    writeFileSync(join(directory, path), content);
  };
  const state = () => new State({ relations: [agentRelation()] });
  const told = async (options: Parameters<typeof webContext>[0]) => {
    const ctx = webContext(options);
    return { ctx, after: await ctx.run(ctx.on.relationCreated(agentRelation()), state()) };
  };

  it("tells where metrics and logs are, by names that stay the same", async () => {
    const options = {
      metricsEndpoints: [{ path: "/metrics", port: 9100 }],
      scrapeJobs: () =>
        Promise.resolve([{ job_name: "web", static_configs: [{ targets: ["localhost:80"] }] }]),
      logSlots: ["web:logs"],
      tracingProtocols: ["otlp_http"] as const,
    };
    const { after } = await told(options);
    const { metrics_scrape_jobs: jobs, ...config } = configIn(after);
    expect(config).to.deep.include({
      log_slots: ["web:logs"],
      tracing_protocols: ["otlp_http"],
      log_alert_rules: {},
    });
    expect(jobs.map(({ job_name: name }) => name.replace(/[\da-f]{8}$/, "HASH"))).to.deep.equal([
      "web_default_HASH",
      "web_web_HASH",
    ]);
    expect(jobs[0]).to.deep.include({
      metrics_path: "/metrics",
      static_configs: [{ targets: ["localhost:9100"] }],
    });
    expect(configIn((await told(options)).after).metrics_scrape_jobs).to.deep.equal(jobs);
  });

  it("makes rules the application's own", async () => {
    const { after } = await told({ metricsRules: [{ name: "web.latency", rules: [RULE] }], logRules: [] });
    const [own, health] = configIn(after).metrics_alert_rules.groups ?? [];
    const { uuid, name } = state().model;
    expect(own?.name).to.equal(`${name}_${uuid.slice(0, 8)}_web_web_latency_rules`.replaceAll("-", "_"));
    const matchers = `juju_model="${name}", juju_model_uuid="${uuid}", juju_application="web"`;
    expect(own?.rules[0]?.expr).to.equal(`latency{${matchers}} > 1`);
    expect(own?.rules[0]?.labels).to.deep.equal({
      ...{ juju_model: name, juju_model_uuid: uuid, juju_application: "web" },
      ...{ juju_charm: "other", severity: "warning" },
    });
    expect(health?.rules.map(({ expr }) => expr)).to.deep.equal([
      `up{${matchers}} < 1`,
      `absent(up{${matchers}})`,
    ]);
  });

  it("names rule groups as the Python library does", async () => {
    write("rules/one.rule", "alert: Slow\nexpr: latency > 1\n");
    write(
      "rules/deep/many.yaml",
      "groups:\n  - name: many\n    rules:\n      - record: a:b\n        expr: sum(a)\n",
    );
    const { after } = await told({ metricsRules: join(directory, "rules") });
    const names = (configIn(after).metrics_alert_rules.groups ?? []).map(({ name }) =>
      name.replace(/^.*_web_/, ""),
    );
    const recorded = RECORDED.config.metrics_alert_rules.groups.map(({ name }) =>
      name.replace(/^.*_web_/, ""),
    );
    expect([...names].sort()).to.deep.equal([...recorded].sort());
  });

  it("logs files that it cannot use, and takes the others", async () => {
    write("rules/good.rules", "alert: Slow\nexpr: latency > 1\n");
    write("rules/bad.yaml", "groups: 7\n");
    write("rules/broken.yml", "a: [\n");
    write("rules/readme.md", "no rules");
    write("dashboards/bad.json", "{");
    write("dashboards/good.json", '{ "title": "Web" }');
    const { ctx, after } = await told({
      logRules: join(directory, "rules"),
      dashboards: join(directory, "dashboards"),
    });
    expect(configIn(after).log_alert_rules.groups).to.have.lengthOf(1);
    expect(dashboardsIn(after).map(({ title }) => title)).to.deep.equal(["Web"]);
    const errors = ctx.jujuLog.filter(({ level }) => level === "ERROR").map(({ message }) => message);
    expect(errors.map((message) => /[a-z]+\.(?:yaml|yml|json)/.exec(message)?.[0])).to.have.members([
      "bad.yaml",
      "broken.yml",
      "bad.json",
    ]);
  });

  it("packs dashboards, with the ID that the Python library gives them", async () => {
    const model = { title: "Wéb 😀", tags: ["x"], uid: "replaced" };
    const { after } = await told({ dashboards: [{ path: "src/grafana_dashboards/web.json", model }] });
    expect(dashboardsIn(after)).to.deep.equal([{ ...model, uid: RECORDED.uid, tags: ["x", "charm: web"] }]);
  });

  it("packs a dashboard again only when it has changed", async () => {
    const packed = (title: string) => ({ dashboards: [{ path: "a.json", model: { title } }] });
    const { ctx, after } = await told(packed("one"));
    const relation = after.relation(3);
    if (relation.kind !== "subordinate") throw new Error("It is another relation");
    // Something that packing would not make.
    const marked = JSON.stringify({ ...configIn(after), dashboards: ["marked"] });
    const before = after.withRelation(relation.with({ localUnitData: { config: marked } }));
    expect(configIn(await ctx.run(ctx.on.configChanged(), before)).dashboards).to.deep.equal(["marked"]);
    const changed = webContext(packed("two"));
    const other = await changed.run(changed.on.configChanged(), before);
    expect(dashboardsIn(other)[0]).to.include({ title: "two" });
  });

  it("has the address for traces when the agent has one", async () => {
    const addresses: (string | undefined)[] = [];
    const ctx = webContext({ tracingProtocols: ["otlp_http"] }, async (agent) => {
      addresses.push(await agent.tracingEndpoint("otlp_http"), await agent.tracingEndpoint("zipkin"));
    });
    for (const receivers of [
      RECORDED.receivers,
      "[",
      "[null]",
      '[{"protocol":{"name":"otlp_http"},"url":null}]',
    ])
      await ctx.run(ctx.on.updateStatus(), new State({ relations: [agentRelation({ receivers })] }));
    await ctx.run(ctx.on.updateStatus(), new State());
    expect(addresses).to.deep.equal(["http://localhost:4318", ...Array.from({ length: 9 }, () => undefined)]);
  });
});
