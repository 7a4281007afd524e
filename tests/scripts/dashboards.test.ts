import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { expect } from "chai";
import { DASHBOARD_DIRECTORY, DASHBOARDS } from "../../scripts/dashboards/dashboards.ts";
import { UNIT_METRICS } from "../../src/metrics/unit-metric-table.ts";
import { fillIn, SHOWN, startRecordedPrometheus } from "../pictures/dashboards/recorded-answers.ts";
import { promtool, usePrometheus } from "../support/prometheus/promtool.ts";
import type { QueriedSeries, RecordedPrometheus } from "../support/prometheus/recorded-prometheus.ts";

interface Target {
  readonly expr: string;
  readonly legendFormat: string;
  readonly datasource: { readonly uid: string };
}

interface Model {
  readonly uid: string;
  readonly title: string;
  readonly panels: readonly {
    readonly type: string;
    readonly title: string;
    readonly targets?: readonly Target[];
    readonly gridPos: { readonly x: number; readonly y: number; readonly w: number; readonly h: number };
    readonly fieldConfig?: {
      readonly defaults: { readonly mappings?: readonly { readonly options: object }[] };
    };
  }[];
  readonly templating: {
    readonly list: readonly { readonly name: string; readonly type: string; readonly definition?: string }[];
  };
}

const ROOT = join(import.meta.dirname, "../..");
/** As they are packed and as Grafana imports them. */
const MODELS = readdirSync(join(ROOT, DASHBOARD_DIRECTORY)).map(
  (file) => JSON.parse(readFileSync(join(ROOT, DASHBOARD_DIRECTORY, file), "utf8")) as Model,
);
const targets = MODELS.flatMap(({ title, panels }) =>
  panels.flatMap((panel) =>
    (panel.targets ?? []).map((target) => ({ name: `${title}: ${panel.title}`, panel, ...target })),
  ),
);

describe("the charm's dashboards", () => {
  it("are three, each with an ID of its own, whose panels ask the one data source", () => {
    expect(new Set(MODELS.map(({ uid }) => uid)).size).to.equal(3);
    expect(new Set(targets.map(({ datasource }) => datasource.uid))).to.deep.equal(
      new Set(["${prometheusds}"]),
    );
    for (const { panels } of MODELS)
      for (const { type, title, targets: queries } of panels)
        if (type !== "row") expect(queries ?? [], title).not.to.have.lengthOf(0);
  });

  it("show every metric of the service", () => {
    const asked = targets.map(({ expr }) => expr).join("\n");
    const missing = Object.keys(UNIT_METRICS).filter(
      (name) => !new RegExp(`\\b${name}(_bucket|_sum|_count)?\\{`).test(asked),
    );
    expect(missing).to.deep.equal([]);
  });

  it("have no panel that lies on another one or beside the grid", () => {
    for (const { title, panels } of MODELS) {
      const cells = panels.flatMap(({ gridPos: { x, y, w, h } }) => {
        expect(x + w, title).to.be.at.most(24);
        return Array.from({ length: w * h }, (_, index) => `${x + (index % w)},${y + Math.floor(index / w)}`);
      });
      expect(new Set(cells).size, title).to.equal(cells.length);
    }
  });

  it("are drawn in the documentation with all of their panels", () => {
    for (const [file, { rows }] of Object.entries(DASHBOARDS)) {
      const picture = readFileSync(
        join(ROOT, `docs/pictures/dashboard-${file.replace(".json", ".svg")}`),
        "utf8",
      );
      const drawn = [...picture.matchAll(/class="heading"[^>]*>([^<]*)</g)].map(([, text]) => text);
      expect(drawn).to.deep.equal(rows.flatMap(({ panels }) => panels.map(({ title }) => title)));
      expect(picture).not.to.contain("no data");
    }
  });

  describe("the page about them", () => {
    usePrometheus();

    it("has a configuration that Prometheus accepts", () => {
      const page = readFileSync(join(ROOT, "docs/reference/dashboards.md"), "utf8");
      const [, configuration = ""] = /```yaml\n([^]*?)```/.exec(page) ?? [];
      const path = join(mkdtempSync(join(tmpdir(), "dashboards-test-")), "prometheus.yml");
      writeFileSync(path, configuration);
      const { isFine, output } = promtool(["check", "config", path]);
      rmSync(dirname(path), { recursive: true });
      expect(configuration).to.contain("scrape_configs");
      expect(isFine, output).to.equal(true);
    });
  });

  describe("on recorded data", () => {
    let prometheus: RecordedPrometheus | undefined;
    usePrometheus();

    before(async function () {
      this.timeout(360_000);
      prometheus = await startRecordedPrometheus();
    });

    after(async () => prometheus?.stop());

    const ask = async (expression: string): Promise<readonly QueriedSeries[]> =>
      (await prometheus?.query(fillIn(expression), SHOWN)) ?? [];

    for (const { name, expr, legendFormat, panel } of targets) {
      it(`${name} is not empty: ${legendFormat}`, async () => {
        const series = await ask(expr);
        expect(series).not.to.have.lengthOf(0);
        const values = series
          .flatMap(({ values: all }) => all.map(([, value]) => value))
          .filter(Number.isFinite);
        expect(Math.max(...values), "the largest value").to.be.greaterThan(0);
        const needed = [...legendFormat.matchAll(/\{\{(\w+)\}\}/g)].map(([, label = ""]) => label);
        for (const { labels } of series) expect(Object.keys(labels)).to.include.members(needed);
        const names = series.map(({ labels }) => needed.map((label) => labels[label]).join());
        expect(new Set(names).size, "a legend for each line").to.equal(series.length);
        if (panel.type !== "state-timeline") return;
        const known = Object.keys(panel.fieldConfig?.defaults.mappings?.[0]?.options ?? {}).map(Number);
        expect(values.filter((value) => !known.includes(value))).to.deep.equal([]);
      }).timeout(120_000);
    }

    it("let a person choose among the units", async () => {
      for (const { templating } of MODELS) {
        for (const { name, type, definition = "" } of templating.list) {
          if (type !== "query") continue;
          const [, selector = "", label = ""] = /^label_values\((.*),(\w+)\)$/.exec(definition) ?? [];
          expect(label).to.equal(name);
          expect(await prometheus?.labelValues(label, fillIn(selector), SHOWN)).not.to.be.empty;
        }
      }
    });

    it("are empty for a metric that nobody has, so that these tests can fail", async () => {
      expect(await ask('sum(github_runner_no_metric{juju_unit=~"$juju_unit"})')).to.deep.equal([]);
    });
  });
});
