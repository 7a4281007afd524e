import { expect } from "chai";
import { assert, property, string, double, constantFrom } from "fast-check";
import { formatFor } from "../../src/metrics/exposition.ts";
import { counter, gauge, histogram, type MetricTable } from "../../src/metrics/metric.ts";
import { MetricRegistry } from "../../src/metrics/metric-registry.ts";
import { UNIT_METRICS } from "../../src/metrics/unit-metric-table.ts";
import { promtool, usePrometheus } from "../support/prometheus/promtool.ts";

const TABLE = {
  jobs_total: counter("Jobs.", { event: ["push", "other"], end: ["good", "bad"] }),
  runners: gauge("Runners.", { state: ["idle", "busy"] }),
  info: gauge("Versions.", { version: /^[\d.]+$/ }),
  wait_seconds: histogram("Waits.", [0.5, 1, 10]),
};

describe("MetricRegistry", () => {
  const registry = () => new MetricRegistry(TABLE);

  it("writes Prometheus' text format", () => {
    const metrics = registry();
    metrics.count("jobs_total", { event: "push", end: "good" }, 2);
    metrics.set("runners", { state: "idle" }, 3);
    metrics.set("info", { version: "1.2" }, 1);
    metrics.observe("wait_seconds", {}, 0.5);
    metrics.observe("wait_seconds", {}, 11);
    expect(metrics.expose("text")).to.equal(`# HELP jobs_total Jobs.
# TYPE jobs_total counter
jobs_total{event="push",end="good"} 2
jobs_total{event="push",end="bad"} 0
jobs_total{event="other",end="good"} 0
jobs_total{event="other",end="bad"} 0
# HELP runners Runners.
# TYPE runners gauge
runners{state="idle"} 3
# HELP info Versions.
# TYPE info gauge
info{version="1.2"} 1
# HELP wait_seconds Waits.
# TYPE wait_seconds histogram
wait_seconds_bucket{le="0.5"} 1
wait_seconds_bucket{le="1.0"} 1
wait_seconds_bucket{le="10.0"} 1
wait_seconds_bucket{le="+Inf"} 2
wait_seconds_sum 11.5
wait_seconds_count 2
`);
  });

  it("writes OpenMetrics with the families of counters, and an end", () => {
    const lines = registry().expose("openmetrics").split("\n");
    expect(lines).to.include.members(["# TYPE jobs counter", 'jobs_total{event="push",end="good"} 0']);
    expect(lines.slice(-2)).to.deep.equal(["# EOF", ""]);
  });

  it("leaves out what is not known, and no number", () => {
    const metrics = registry();
    metrics.set("runners", { state: "idle" }, 1);
    metrics.set("runners", { state: "idle" }, undefined);
    metrics.set("runners", { state: "busy" }, Number.NaN);
    metrics.observe("wait_seconds", {}, -1);
    metrics.observe("wait_seconds", {}, Infinity);
    metrics.count("jobs_total", { event: "push", end: "good" }, -1);
    const text = metrics.expose("text");
    expect(text)
      .not.to.contain("runners{")
      .and.not.to.match(/NaN|Infinity/);
    expect(text).to.contain("wait_seconds_count 0").and.to.contain('jobs_total{event="push",end="good"} 0');
  });

  it("chooses one state, and shows one series of free values", () => {
    const metrics = registry();
    metrics.choose("runners", "busy");
    metrics.set("info", { version: "1" }, 1);
    metrics.set("info", { version: '2"} 5\n' }, 1);
    const text = metrics.expose("text");
    expect(text).to.contain('runners{state="idle"} 0\nrunners{state="busy"} 1');
    expect(text.match(/^info.*$/gm)).to.deep.equal(['info{version="unknown"} 1']);
  });

  it("has no more series and no other lines, whatever it is told", () => {
    const metrics = registry();
    const before = metrics.expose("text").replaceAll(/ [\d.]+$/gm, "");
    assert(
      property(string(), constantFrom("good", 'x"\n# HELP', "__proto__"), double(), (event, end, value) => {
        metrics.count("jobs_total", { event, end }, value);
        metrics.observe("wait_seconds", {}, value);
        metrics.set("runners", { state: event }, value);
        const after = metrics.expose("text").replaceAll(/ [\d.]+(?:e[+-]?\d+)?$/gm, "");
        expect(after.split("\n").length).to.equal(before.split("\n").length);
        expect(after).not.to.contain("__proto__");
      }),
    );
  });

  it("writes OpenMetrics only for those that accept it", () => {
    expect(formatFor("application/openmetrics-text;version=1.0.0,text/plain;q=0.5")).to.equal("openmetrics");
    expect(formatFor("application/openmetrics-text;q=0, text/plain")).to.equal("text");
    expect(formatFor("*/*")).to.equal("text");
    expect(formatFor(undefined)).to.equal("text");
  });
});

describe("UNIT_METRICS", () => {
  usePrometheus();

  it("passes promtool check metrics with a value of each", () => {
    const metrics = new MetricRegistry(UNIT_METRICS);
    for (const [name, { kind, labels }] of Object.entries(UNIT_METRICS as MetricTable)) {
      const first = Object.entries(labels).map(([label, values]) => [
        label,
        values instanceof RegExp ? "1" : String(values[0]),
      ]);
      if (kind === "gauge")
        metrics.set(
          name as "github_runner_runners_wanted",
          Object.fromEntries(first) as Record<string, never>,
          1,
        );
    }
    const text = metrics.expose("text");
    for (const name of Object.keys(UNIT_METRICS)) expect(text).to.match(new RegExp(`^${name}`, "m"));
    expect(promtool(["check", "metrics"], text)).to.deep.equal({ isFine: true, output: "" });
    // A check that cannot fail would say nothing.
    expect(promtool(["check", "metrics"], "# TYPE jobs counter\njobs 1\n").isFine).to.equal(false);
  });
});
