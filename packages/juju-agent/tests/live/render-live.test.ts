import { expect } from "chai";

import { parseLiveView, type LiveView } from "../../src/live/live-view.ts";
import { renderScene, renderSummary, type Scene, type Style } from "../../src/live/render-live.ts";
import { sampleView } from "./live-program.ts";

const NOW = 1_790_000_000_000;
const PLAIN: Style = { columns: 80, hasColour: false, hasUnicode: true };
// eslint-disable-next-line no-control-regex -- colours begin with a control character
const COLOURS = /\x1b\[\d+m/g;
const viewOf = (change: Readonly<Record<string, unknown>> = {}) => parseLiveView(sampleView(NOW, change))!;
const scene = (views: Readonly<Record<string, LiveView>>): Scene => ({
  now: NOW,
  views,
  status: {
    model: { name: "standalone", uuid: "" },
    applications: {
      tiny: {
        charm: "tiny",
        "charm-rev": 0,
        "charm-version": "",
        "application-status": { current: "active", since: "" },
        version: "",
        units: {
          "tiny/0": {
            "workload-status": { current: "active", message: "3 runners", since: "" },
            "juju-status": { current: "idle", since: "" },
            leader: true,
            "open-ports": [],
            "public-address": "",
          },
        },
      },
    },
  },
});
const draw = (
  style: Partial<Style> = {},
  views: Readonly<Record<string, LiveView>> = { "tiny/0": viewOf() },
) => renderScene(scene(views), { ...PLAIN, ...style });

describe("renderScene()", () => {
  it("shows status, runners, queue, failures and waits", () => {
    expect(draw()).to.deep.equal([
      "tiny/0  active  3 runners",
      "✖ 3 of 4 runners: 2 busy, 1 idle",
      "",
      "Runners",
      "▶ busy 12m tiny-0-aaaa  ▶ busy 42s tiny-0-bbbb  ○ idle  5s tiny-0-cccc",
      "",
      "Queue",
      "Jobs that wait: 3   Longest wait: since 1m",
      "",
      "Last failures",
      "✖ Failed once: the pool is full (again in 1m)",
      "",
      "Waits of the last jobs",
      "▂▃▅█",
      "median 2 s, longest 8 s",
    ]);
  });

  it("says the same with colours, and without them", () => {
    const coloured = draw({ hasColour: true });
    expect(coloured.join("\n")).to.match(COLOURS);
    expect(coloured.map((line) => line.replaceAll(COLOURS, ""))).to.deep.equal(draw());
  });

  it("is plain ASCII where the terminal shows no more", () => {
    const text = draw({ hasUnicode: false, columns: 30 }).join("\n");
    expect(text).to.match(/^[\x20-\x7e\n]+$/);
    expect(text).to.contain("x 3 of 4").and.to.contain("> busy").and.to.contain("o idle");
  });

  const cells = Array.from({ length: 200 }, (_, index) => {
    return { name: `runner-${index}-${"x".repeat(index % 50)}`, state: "busy", tone: "busy", since: NOW };
  });
  for (const [columns, rows] of [
    [80, 24],
    [40, 12],
    [20, 8],
    [10, 3],
    [1, 1],
  ] as const)
    it(`is at most ${columns} wide and ${rows} high, with 200 runners`, () => {
      const grid = { kind: "grid", title: "Runners", empty: "", cells };
      const notes = {
        kind: "notes",
        title: "Failures",
        empty: "",
        notes: [{ text: "y".repeat(400), tone: "problem", at: 0, nextAt: NOW + 1e9 }],
      };
      const facts = { kind: "facts", title: "Facts", facts: [{ name: "n".repeat(90), value: "v", at: NOW }] };
      const view = viewOf({ sections: [grid, notes, facts], summary: "s".repeat(300) });
      for (const hasColour of [false, true]) {
        const lines = draw({ columns, rows, hasColour }, { "tiny/0": view });
        expect(lines.length).to.be.at.most(rows);
        for (const line of lines)
          expect(Array.from(line.replaceAll(COLOURS, "")).length, line).to.be.at.most(Math.max(columns, 2));
      }
      if (rows >= 8) expect(draw({ columns, rows }, { "tiny/0": view }).join("\n")).to.match(/\(\d+ more\)/);
    });

  it("says so where a unit's program does not respond, and where nothing is deployed", () => {
    expect(draw({}, {}).join("\n")).to.contain("the unit's program does not respond");
    const nothing = { now: NOW, views: {}, status: { model: { name: "", uuid: "" }, applications: {} } };
    expect(renderScene(nothing, PLAIN)).to.deep.equal(["No application is deployed."]);
  });
});

describe("renderSummary()", () => {
  it("shows the summary and what is wrong", () => {
    expect(renderSummary(viewOf(), NOW, { ...PLAIN, columns: Infinity })).to.deep.equal([
      "✖ 3 of 4 runners: 2 busy, 1 idle",
      "  ✖ Failed once: the pool is full (again in 1m)",
    ]);
  });
});

describe("parseLiveView()", () => {
  it("refuses what is no view, and leaves out what it does not know", () => {
    for (const wrong of [null, 1, [], {}, { format: 2 }]) expect(parseLiveView(wrong)).to.equal(undefined);
    const view = viewOf({
      sections: [{ kind: "map" }, 7, null, { kind: "grid" }],
      tone: "purple",
      at: "now",
    });
    expect(view).to.include({ tone: "attention", at: 0 });
    expect(view.sections).to.deep.equal([{ kind: "grid", title: "", empty: "", cells: [] }]);
  });

  it("makes hostile texts plain and short, and lists bounded", () => {
    const evil = `\u001b[2J\u202e\u2028${"x".repeat(10_000)}`;
    const cells = Array.from({ length: 5000 }, () => ({
      name: evil,
      state: evil,
      tone: evil,
      since: Number.NaN,
    }));
    const view = viewOf({
      summary: evil,
      unit: evil,
      sections: Array.from({ length: 100 }, (_, index) => {
        return { kind: "grid", title: evil, cells: index === 0 ? cells : [] };
      }),
    });
    expect(view.sections).to.have.lengthOf(20);
    expect(view.sections[0]).to.have.property("cells").with.lengthOf(1000);
    expect(view.summary)
      .to.have.lengthOf(500)
      .and.to.match(/^\?\[2J\?\?x+$/);
    expect(JSON.stringify(view)).not.to.match(/\\u001b|\u202e|\u2028/);
  });
});
