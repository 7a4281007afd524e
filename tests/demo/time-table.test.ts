import { expect } from "chai";
import { renderTimeTable, TimeTable } from "./time-table.ts";

describe("renderTimeTable()", () => {
  it("aligns the columns and sums up what is no part of another row", () => {
    expect(
      renderTimeTable([
        { phase: "LXD", ms: 40, note: "was there" },
        { phase: "Deployment", ms: 12_340 },
        { phase: "image", ms: 11_000, part: true },
      ]),
    ).to.deep.equal([
      "LXD          40 ms  was there",
      "Deployment  12.3 s",
      "  image     11.0 s",
      "Total       12.4 s",
    ]);
  });
});

describe("TimeTable", () => {
  it("times a phase and notes what came of it", async () => {
    let now = 100;
    const times = new TimeTable(() => now);
    const result = await times.measure(
      "Charm packed",
      () => Promise.resolve((now += 50)),
      (value) => `ended at ${value}`,
    );
    expect(result).to.equal(150);
    expect(times.rows).to.deep.equal([{ phase: "Charm packed", ms: 50, note: "ended at 150" }]);
  });

  it("has no row of a phase that failed", async () => {
    const times = new TimeTable(() => 0);
    const fault = new Error("no disk");
    expect(
      await times.measure("Pack", () => Promise.reject(fault)).catch((thrown: unknown) => thrown),
    ).to.equal(fault);
    expect(times.rows).to.deep.equal([]);
  });
});
