import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import { parse } from "yaml";
import { OBJECTIVES } from "../../src/metrics/standing.ts";
import { UNIT_METRICS } from "../../src/metrics/unit-metric-table.ts";
import { promtool, usePrometheus } from "../support/prometheus/promtool.ts";
import { useTemporaryDirectory } from "../support/temporary-directory.ts";
import { ALERT_CASES, type SeriesValues } from "./alert-cases.ts";

const FILE = join(import.meta.dirname, "../../observability/prometheus_alert_rules/github-runner.yaml");
const TEXT = readFileSync(FILE, "utf8");

interface Rule {
  readonly alert?: string;
  readonly record?: string;
  readonly expr: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
}
const RULES = (
  parse(TEXT) as { readonly groups: readonly { readonly rules: readonly Rule[] }[] }
).groups.flatMap(({ rules }) => rules);
const ALERTS = RULES.flatMap(({ alert }) => alert ?? []);

const OURS = 'juju_model="m",juju_model_uuid="u",juju_application="runners"';
const OTHERS = OURS.replace("runners", "others");
const TARGET = 'instance="localhost:20000",job="runners",juju_unit="runners/0"';

/** As Juju's library puts it in. */
const rulesOf = (topology: string) => TEXT.replaceAll("%%juju_topology%%", topology);

/** An alert with the recording rules that it asks, since all of them together take their time. */
const needed = (alert: string) => {
  const [rule] = RULES.filter((each) => each.alert === alert);
  const records = RULES.filter(({ record }) => record !== undefined && rule?.expr.includes(`${record}{`));
  const text = JSON.stringify({ groups: [{ name: "test", rules: [...records, rule] }] });
  return text.replaceAll("%%juju_topology%%", OURS.replaceAll('"', '\\"'));
};

/** Adds labels to each series. */
const labelled = (series: SeriesValues, labels: string) =>
  Object.entries(series).map(([name, values]) => ({
    series: name.endsWith("}")
      ? `${name.slice(0, -1).replace(/,$/, "")},${labels}}`.replace("{,", "{")
      : `${name}{${labels}}`,
    values,
  }));

describe("The charm's alert rules", () => {
  const directory = useTemporaryDirectory();
  const write = (name: string, content: string) => {
    const path = join(directory.path, name);
    writeFileSync(path, content);
    return path;
  };

  it("have a summary, a description and a severity each, and names of their own", () => {
    expect(ALERTS).to.have.lengthOf(new Set(ALERTS).size);
    for (const { alert, labels, annotations } of RULES) {
      if (alert === undefined) continue;
      expect(alert).to.match(/^GithubRunner[A-Z]/);
      expect(["warning", "critical"], alert).to.include(labels?.["severity"]);
      expect(annotations, alert).to.have.all.keys("summary", "description");
    }
  });

  it("select nothing but the application's own metrics, which the service has", () => {
    const known = new Set([...Object.keys(UNIT_METRICS), ...RULES.flatMap(({ record }) => record ?? [])]);
    for (const { expr, alert = "", record = "" } of RULES) {
      const selectors = [...expr.matchAll(/\b((?:github_runner|process)[\w:]*)(\{[^}]*\})?/g)];
      expect(selectors, `${alert}${record}`).not.to.be.empty;
      for (const [all, name = "", labels = ""] of selectors) {
        expect(
          [name, name.replace(/_(?:bucket|count|sum)$/, "")].some((each) => known.has(each)),
          all,
        ).to.equal(true);
        expect(labels, all).to.match(/^\{(?:[^}]*,)?%%juju_topology%%\}$/);
      }
    }
  });

  it("hold the objective of the code: its bounds, its shares and its names", () => {
    const [refill, wait] = [OBJECTIVES.refill, OBJECTIVES.wait];
    const bounds = [...TEXT.matchAll(/le="([^"]+)"/g)].map(([, bound]) => bound);
    expect(new Set(bounds)).to.deep.equal(new Set([`${refill.seconds}.0`]));
    expect(wait.seconds).to.equal(refill.seconds);
    const factors = [...TEXT.matchAll(/> [\d.]+ \* (0[\d.]+)$/gm)].map(([, share]) => Number(share));
    expect(factors).to.have.lengthOf(8);
    expect(new Set(factors)).to.deep.equal(new Set([(100 - refill.percent) / 100]));
    expect(wait.percent).to.equal(refill.percent);
    for (const name of ["refill", "wait"])
      expect(UNIT_METRICS[`github_runner_${name as "refill" | "wait"}_duration_seconds`].buckets).to.include(
        10,
      );
  });

  it("have a test each", () => {
    expect(Object.keys(ALERT_CASES).sort()).to.deep.equal([...ALERTS].sort());
  });

  it("are all on the page about them, which knows no others", () => {
    const page = readFileSync(join(import.meta.dirname, "../../docs/reference/alerts.md"), "utf8");
    const named = [...page.matchAll(/^\| `(GithubRunner\w+)`/gm)].map(([, name]) => name);
    expect(named.sort()).to.deep.equal([...ALERTS].sort());
  });

  describe("in Prometheus' eyes", () => {
    usePrometheus();

    for (const [title, topology] of [
      ["of an application", OURS],
      ["without Juju", ""],
    ] as const)
      it(`are valid ${title}`, () => {
        const { isFine, output } = promtool(["check", "rules", write("rules.yaml", rulesOf(topology))]);
        expect(isFine, output).to.equal(true);
        expect(output).to.contain(`SUCCESS: ${RULES.length} rules found`);
      });

    for (const [alert, { minute, step = 1, fires, silent }] of Object.entries(ALERT_CASES)) {
      const expression = `count(ALERTS{alertname="${alert}",alertstate="firing"})`;
      const test = (series: ReturnType<typeof labelled>, count: number) => ({
        interval: `${step}m`,
        input_series: series,
        promql_expr_test: [
          {
            expr: expression,
            eval_time: `${minute}m`,
            exp_samples: count === 0 ? [] : [{ labels: "{}", value: count }],
          },
        ],
      });
      it(`fire ${alert} when they should, and not otherwise, nor for another application`, () => {
        const ours = labelled(fires, `${OURS},${TARGET}`);
        const others = labelled(fires, `${OTHERS},${TARGET}`);
        const near = labelled(silent, `${OURS},${TARGET}`);
        write("rules.yaml", needed(alert));
        const suite = {
          rule_files: ["rules.yaml"],
          evaluation_interval: `${step}m`,
          tests: [test([...ours, ...others], 1), test([...near, ...others], 0)],
        };
        const { isFine, output } = promtool(["test", "rules", write("test.yaml", JSON.stringify(suite))]);
        expect(isFine, output).to.equal(true);
      }).timeout(120_000);
    }

    it("record the objective: errors, quantiles and the share of 30 days", () => {
      write("rules.yaml", rulesOf(OURS));
      const metric = "github_runner_refill_duration_seconds";
      const series = labelled(
        {
          [`${metric}_bucket{le="1.0"}`]: "0+90x120",
          [`${metric}_bucket{le="10.0"}`]: "0+95x120",
          [`${metric}_bucket{le="20.0"}`]: "0+100x120",
          [`${metric}_bucket{le="+Inf"}`]: "0+100x120",
          [`${metric}_count`]: "0+100x120",
          github_runner_jobs_killed_total: "0x120",
        },
        `${OURS},${TARGET}`,
      );
      const labels = `{${OURS}}`;
      const rows: readonly (readonly [string, number])[] = [
        ["github_runner:refill_errors:ratio_rate1h", 0.05],
        ["github_runner:refill_errors:ratio_rate5m", 0.05],
        ["github_runner:refill_good:ratio_rate30d", 0.95],
        ["github_runner:refill_duration_seconds:p50_rate1d", 0.5556],
        ["github_runner:refill_duration_seconds:p95_rate1d", 10],
        ["github_runner:refill_duration_seconds:p99_rate1d", 18],
        ["github_runner:jobs_killed:increase30d", 0],
      ];
      const suite = {
        rule_files: ["rules.yaml"],
        evaluation_interval: "1m",
        tests: [
          {
            interval: "1m",
            input_series: series,
            promql_expr_test: rows.map(([name, value]) => ({
              expr: `round(${name}, 0.0001)`,
              eval_time: "100m",
              exp_samples: [{ labels, value }],
            })),
          },
        ],
      };
      const { isFine, output } = promtool(["test", "rules", write("test.yaml", JSON.stringify(suite))]);
      expect(isFine, output).to.equal(true);
    }).timeout(120_000);
  });
});
