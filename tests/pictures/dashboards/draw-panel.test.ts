import { expect } from "chai";
import { drawBands, drawNumber, drawSeries, shown, type Line } from "./draw-panel.ts";

const frame = { x: 0, y: 0, width: 144, height: 134 };
const area = { frame, period: { start: 0, end: 100 } };
const line = (name: string, ...values: (readonly [number, number])[]): Line => ({ name, values });

describe("drawSeries()", () => {
  it("draws lines between 0 and the largest value, over the whole time", () => {
    const svg = drawSeries([line("a", [0, 0], [50, 10])], { unit: "s", isStacked: false }, area);
    expect(svg).to.contain('points="44,100 94,0"');
    expect(svg).to.match(/>10 s<.*>a</);
  });

  it("stacks areas, those on top behind", () => {
    const values = [line("a", [0, 1], [100, 1]), line("b", [0, 3], [100, 3])];
    const svg = drawSeries(values, { unit: "short", isStacked: true }, area);
    expect([...svg.matchAll(/polygon points="([^"]*)"/g)].map(([, points]) => points)).to.deep.equal([
      "44,100 44,0 144,0 144,100",
      "44,100 44,75 144,75 144,100",
    ]);
  });

  it("passes over values that are no numbers", () => {
    const svg = drawSeries([line("a", [0, Number.NaN], [100, 5])], { unit: "s", isStacked: false }, area);
    expect(svg).to.contain('points="144,0"').and.not.to.contain("NaN");
  });
});

describe("drawBands()", () => {
  it("draws a part for each state, until the next one", () => {
    const states = [
      { text: "waiting", color: "green" },
      { text: "paused", color: "orange" },
    ] as const;
    const svg = drawBands([line("u/0", [0, 1], [50, 2], [100, 2])], states, area);
    const parts = [...svg.matchAll(/<rect x="(\d+)" y="2" width="(\d+)"/g)].map(([, x, width]) => [x, width]);
    expect(parts).to.deep.equal([
      ["70", "37"],
      ["107", "37"],
    ]);
    expect(svg).to.match(/>u\/0<.*>waiting<.*>paused</);
  });
});

describe("drawNumber()", () => {
  it("shows the last value in the colour of its limits, and says when there is none", () => {
    expect(drawNumber([line("a", [0, 1], [1, 3])], "short", { warn: 1, bad: 3 }, frame)).to.match(
      /#c22e3d">3</,
    );
    expect(drawNumber([line("a", [0, 1])], "short", { warn: 1, bad: 3 }, frame)).to.match(/#b3560c">1</);
    expect(drawNumber([line("a", [0, Number.NaN])], "short", {}, frame)).to.match(/>no data</);
  });
});

describe("shown()", () => {
  for (const [value, unit, text] of [
    [0.256, "percentunit", "26 %"],
    [3 * 2 ** 30, "bytes", "3 GiB"],
    [5 * 2 ** 20, "bytes", "5 MiB"],
    [90, "s", "90 s"],
    [600, "s", "10 min"],
    [3 * 3600, "s", "3 h"],
    [3 * 86_400, "s", "3 d"],
    [0.5, "ops", "0.5/s"],
    [7, "short", "7"],
  ] as const)
    it(`shows ${value} ${unit} as ${text}`, () => {
      expect(shown(value, unit)).to.equal(text);
    });
});
