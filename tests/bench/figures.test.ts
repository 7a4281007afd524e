import { expect } from "chai";
import { interleave } from "./interleave.ts";
import { preciseInstant } from "./lifecycle-record.ts";
import { median } from "./median.ts";
import { milliseconds, ratio, renderTable } from "./table.ts";
import { phasesOf } from "./timeline.ts";

describe("The benchmark's figures", () => {
  it("take the middle of an odd number of measurements, in whatever order they came", () => {
    expect(median([900, 1, 20])).to.equal(20);
  });

  it("take the mean of the two in the middle of an even number", () => {
    expect(median([4, 1, 100, 2])).to.equal(3);
  });

  it("leave the measurements in the order of their rounds", () => {
    const measured = [3, 1, 2];
    median(measured);
    expect(measured).to.deep.equal([3, 1, 2]);
  });

  it("refuse to take the median of nothing", () => {
    expect(() => median([])).to.throw(RangeError, "no measurements");
  });

  it("show as many digits of a time as mean something", () => {
    expect([0.416, 31.46, 99.94, 3280.4].map(milliseconds)).to.deep.equal([
      "0.42 ms",
      "31.5 ms",
      "99.9 ms",
      "3280 ms",
    ]);
  });

  it("show how many times one time is another", () => {
    expect(ratio(33, 22)).to.equal("1.50");
  });

  it("keep the fractions of a millisecond that LXD tells", () => {
    const [early, late] = ["2026-01-02T03:04:05.000123456Z", "2026-01-02T03:04:05.001Z"].map(preciseInstant);
    expect((late ?? 0) - (early ?? 0)).to.be.closeTo(0.876544, 0.001);
  });
});

describe("Measuring in turns", () => {
  it("measures each once a round and begins each round with the next", async () => {
    const order: string[] = [];
    const measure = (name: string) => () => order.push(name);
    await interleave({ a: measure("a"), b: measure("b"), c: measure("c") }, 3);
    expect(order.join("")).to.equal("abcbcacab");
  });

  it("gives the measurements under their names, in the order of the rounds", async () => {
    let count = 0;
    const series = await interleave({ a: () => Promise.resolve(++count), b: () => 10 * ++count }, 2);
    expect(series).to.deep.equal({ a: [1, 4], b: [20, 30] });
  });
});

describe("A timeline", () => {
  it("tells when each kind of mark came first and last", () => {
    const marks = [
      { what: "started", at: 1500 },
      { what: "ended", at: 1900 },
      { what: "started", at: 1200 },
    ];
    expect(phasesOf(["started", "ended"], marks, 1000)).to.deep.equal([
      { label: "started", first: 200, last: 500 },
      { label: "ended", first: 900, last: 900 },
    ]);
  });

  it("tells of a kind that never came", () => {
    const [phase] = phasesOf(["noted"], [], 0);
    expect(phase).to.deep.equal({ label: "noted", first: undefined, last: undefined });
  });
});

describe("A table of the benchmark", () => {
  const table = {
    title: "A call",
    columns: ["", "median"],
    rows: [
      ["true", "2.5 ms"],
      ["config-get", "11.0 ms"],
    ],
    notes: ["Measured in turns."],
  };

  it("has its figures below each other on a terminal", () => {
    expect(renderTable(table, "terminal").split("\n")).to.deep.equal([
      "A call",
      "               median",
      "  true         2.5 ms",
      "  config-get  11.0 ms",
      "  Measured in turns.",
    ]);
  });

  it("is a table of Markdown, with its figures to the right", () => {
    expect(renderTable(table, "markdown").split("\n")).to.deep.equal([
      "### A call",
      "",
      "|            |  median |",
      "| ---------- | ------: |",
      "| true       |  2.5 ms |",
      "| config-get | 11.0 ms |",
      "",
      "Measured in turns.",
    ]);
  });
});
