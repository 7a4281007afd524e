import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import { silentLogger, systemClock } from "charm-kit";
import type { UnitEvent } from "../../src/metrics/event-spool.ts";
import { MetricsEndpoint } from "../../src/service/metrics-endpoint.ts";
import { UnitExposition } from "../../src/service/unit-exposition.ts";
import type { ServiceStatus } from "../../src/unit/service-status.ts";
import { sampleStatus } from "../service/sample-status.ts";
import { usePrometheus } from "../support/prometheus/promtool.ts";
import { freePort } from "../support/free-port.ts";
import { ScrapingPrometheus } from "../support/prometheus/scraping-prometheus.ts";

const FILE = join(import.meta.dirname, "../../observability/prometheus_alert_rules/github-runner.yaml");
const TOPOLOGY = { juju_model: "m", juju_model_uuid: "u", juju_application: "runners" };
const MATCHERS = Object.entries(TOPOLOGY).map(([label, value]) => `${label}="${value}"`);

/** The alerts that this test brings about; others may come from the machine that it runs on. */
const WATCHED = ["GithubRunnerNone", "GithubRunnerMissing", "GithubRunnerPaused", "GithubRunnerFailing"];

/** As the charm has them; what has to last for minutes lasts for a second here. */
const rules = () =>
  readFileSync(FILE, "utf8")
    .replaceAll("%%juju_topology%%", MATCHERS.join(","))
    .replaceAll(/^( +for:) \S+$/gm, "$1 1s");

const counts = (online: number): ServiceStatus["counts"] => ({
  ...{ online, busy: 0, offline: 0, unknown: 0, standby: 0, busyNames: [] },
  names: Array.from({ length: online }, (_, index) => `runner-${index}`),
});

describe("A unit's metrics endpoint and Debian's Prometheus", function () {
  this.timeout(270_000);
  usePrometheus();
  let endpoint: MetricsEndpoint;
  let exposition: UnitExposition;
  let prometheus: ScrapingPrometheus | undefined;
  let status: ServiceStatus;
  let events: readonly UnitEvent[];

  before(async () => {
    events = [];
    const takeEvents = () => {
      const taken = events;
      events = [];
      return Promise.resolve(taken);
    };
    status = sampleStatus({ checkedAt: Date.now(), counts: counts(2) });
    exposition = new UnitExposition({
      status: () => ({ ...status, checkedAt: Date.now() }),
      reconcileMinutes: () => 10,
      spool: { take: takeEvents },
      facts: () => Promise.resolve({ pool: { size: 100, available: 90 }, application: undefined }),
      clock: systemClock,
      log: silentLogger,
      version: "0.1.0",
    });
    endpoint = new MetricsEndpoint({ expose: (accept) => exposition.expose(accept), log: silentLogger });
    const port = await freePort();
    await endpoint.listen(port);
    const labels = { ...TOPOLOGY, juju_unit: "runners/0" };
    prometheus = await ScrapingPrometheus.start({ port, labels, rules: rules() });
  });
  after(async () => {
    await prometheus?.stop();
    exposition.close();
    await endpoint.close();
  });

  const until = async <T>(what: string, ask: () => Promise<T | undefined>): Promise<T> => {
    const limit = AbortSignal.timeout(180_000);
    for (;;) {
      const found = await ask();
      if (found !== undefined) return found;
      if (limit.aborted) throw new Error(`Prometheus has not seen ${what} in time`);
      await systemClock.wait(250, limit);
    }
  };
  const firing = async () => {
    const alerts = (await prometheus?.alerts()) ?? [];
    return alerts.filter(
      ({ state, labels }) => state === "firing" && WATCHED.includes(labels["alertname"] ?? ""),
    );
  };
  const names = async () => (await firing()).map(({ labels }) => labels["alertname"]).sort();

  it("is scraped, in OpenMetrics, with the labels of the unit", async () => {
    const query = 'github_runner_runners{state="idle",juju_unit="runners/0",job="runners"}';
    expect(await until("runners", async () => prometheus?.value(query))).to.equal(2);
    expect(await prometheus?.value("up")).to.equal(1);
    expect(await prometheus?.value("scrape_samples_scraped")).to.be.above(100);
  });

  it("has its rules loaded, all of them healthy, and nothing fires of a healthy unit", async () => {
    const loaded = await until("its rules evaluated", async () => {
      const all = (await prometheus?.rules()) ?? [];
      return all.length > 0 && all.every(({ health }) => health !== "unknown") ? all : undefined;
    });
    expect(loaded.filter(({ health }) => health !== "ok")).to.deep.equal([]);
    expect(loaded).to.have.lengthOf(readFileSync(FILE, "utf8").match(/- (?:alert|record): /g)?.length ?? 0);
    expect(await names()).to.deep.equal([]);
  });

  it("fires the alerts of a unit that is paused and has lost its runners, with texts, and ends them", async () => {
    const healthy = status;
    status = { ...status, counts: counts(0), activity: { state: "paused", reason: "a wrong option" } };
    const wanted = ["GithubRunnerMissing", "GithubRunnerNone", "GithubRunnerPaused"];
    await until("the alerts", async () => ((await names()).join() === wanted.join() ? true : undefined));
    const [missing, none] = await Promise.all(
      [0, 1].map(async (index) => (await firing()).sort(byName)[index]),
    );
    expect(missing?.annotations["summary"]).to.equal("runners/0 lacks 2 runners");
    expect(none?.labels).to.include({ ...TOPOLOGY, juju_unit: "runners/0", severity: "critical" });
    status = healthy;
    await until("the end of the alerts", async () => ((await names()).length === 0 ? true : undefined));
  });

  it("records the objective from events of the unit", async () => {
    events = Array.from({ length: 20 }, (_, index) => ({ event: "refill", duration: index < 15 ? 1 : 30 }));
    const recorded = await until("replacements", async () => {
      const value = await prometheus?.value("github_runner:refill_errors:ratio_rate5m");
      return value !== undefined && Number.isFinite(value) ? value : undefined;
    });
    expect(recorded).to.be.closeTo(0.25, 0.001);
  });
});

function byName(left: { readonly labels: Readonly<Record<string, string>> }, right: typeof left): number {
  return (left.labels["alertname"] ?? "") < (right.labels["alertname"] ?? "") ? -1 : 1;
}
