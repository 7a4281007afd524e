import { expect } from "chai";
import { interleave } from "./interleave.ts";
import { spanOf, vacanciesOf } from "./burst-figures.ts";
import { preciseInstant } from "./lifecycle-record.ts";
import { median } from "./median.ts";
import { percentile } from "./percentile.ts";
import { milliseconds, ratio, renderTable } from "./table.ts";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { compareReports, readReport, ReportError, reportOf, writeReport } from "./report.ts";
import { rejection } from "../support/rejection.ts";
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

  it("take a percentile that was measured, and of few measurements the largest", () => {
    const hundred = Array.from({ length: 100 }, (_, index) => 100 - index);
    expect([0.5, 0.95, 0.99, 1].map((share) => percentile(share, hundred))).to.deep.equal([50, 95, 99, 100]);
    expect([0.01, 0.5, 0.95].map((share) => percentile(share, [3, 1, 2]))).to.deep.equal([1, 2, 3]);
    expect(() => percentile(0.5, [])).to.throw(RangeError, "no measurements");
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

describe("A burst of jobs", () => {
  /** Jobs that were all queued at 0, by their starts and ends. */
  const jobs = (...times: readonly (readonly [number, number])[]) =>
    times.map(([startedAt, completedAt]) => ({ createdAt: 0, startedAt, completedAt }));

  it("lasts from the first job's queueing to the last one's end", () => {
    const later = jobs([5, 30], [7, 20]).map((job, index) => ({ ...job, createdAt: 2 - index }));
    expect(spanOf(later)).to.equal(29);
  });

  it("leaves a place empty from the end of a job to the next start, the one that became free first until the first start", () => {
    // Two at a time: 1-11 and 2-14 first; the next begin at 13 and 15.
    expect(vacanciesOf(jobs([13, 20], [1, 11], [2, 14], [15, 30]), 2)).to.deep.equal([2, 1]);
  });

  it("leaves no place empty where each job has a runner at once", () => {
    expect(vacanciesOf(jobs([1, 9], [2, 8]), 2)).to.deep.equal([]);
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

describe("A report of the benchmark", () => {
  const report = (...rows: readonly (readonly string[])[]) =>
    reportOf([{ title: "A call", columns: ["", "median", "times"], rows }], 5);

  it("is read as it was written, and other files are refused", async () => {
    const directory = await mkdtemp(join(tmpdir(), "bench-"));
    try {
      const path = join(directory, "report.json");
      await writeReport(path, report(["true", "2.5 ms", "1.00"]));
      expect(await readReport(path)).to.deep.equal(report(["true", "2.5 ms", "1.00"]));
      for (const text of ["{}", "no JSON", '{"schema":2,"tables":[]}']) {
        await writeFile(path, text);
        expect(await rejection(readReport(path))).to.be.instanceOf(ReportError);
      }
    } finally {
      await rm(directory, { recursive: true });
    }
  });

  it("is compared figure by figure, as far as both runs have them", () => {
    const before = report(["true", "2.0 ms", "1.00"], ["gone", "1.0 ms", "0.50"]);
    const after = report(["true", "2.5 ms", "-"], ["new", "1.0 ms", "0.50"]);
    expect(compareReports(before, after)).to.deep.equal([
      {
        title: "A call, against the earlier run",
        columns: ["", "earlier", "now", "change"],
        rows: [["true: median", "2.0 ms", "2.5 ms", "+25 %"]],
      },
    ]);
    expect(compareReports(report(), after)).to.deep.equal([]);
  });
});
