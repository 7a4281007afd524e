import { expect } from "chai";
import { demandFor, describeDemand, parseHeardDemand, type HeardDemand } from "../../src/unit/demand.ts";

const NOW = 1_000_000_000;
const SCALING = { idle: 2, scaleSetName: "" };
const HEARD: HeardDemand = {
  key: "here",
  lastMessageId: 7,
  assigned: 5,
  running: 1,
  waitingSince: NOW - 8_000,
  heardAt: NOW - 60_000,
};
const here = { key: "here", now: NOW };

describe("demandFor()", () => {
  it("is what GitHub has told, and nothing with a fixed number of runners", () => {
    expect(demandFor(SCALING, HEARD, here)).to.deep.equal({ assigned: 5, running: 1, idle: 2 });
    expect(demandFor(undefined, HEARD, here)).to.equal(undefined);
  });

  it("is that of no jobs when it is old, comes from a clock that was set back, or is about another scale set", () => {
    for (const [heard, at] of [
      [HEARD, { ...here, now: NOW + 240_000 }],
      [{ ...HEARD, heardAt: NOW + 300_000 }, here],
      [HEARD, { ...here, key: "there" }],
      [null, here],
    ] as const) {
      expect(demandFor(SCALING, heard, at)).to.deep.equal({ assigned: 0, running: 0, idle: 2 });
    }
  });
});

describe("describeDemand()", () => {
  it("tells how many jobs wait, and for how long", () => {
    expect(describeDemand(SCALING, HEARD, here)).to.deep.equal(["4 jobs wait (longest 8 s)"]);
    expect(describeDemand(SCALING, { ...HEARD, running: 5 }, here)).to.deep.equal([]);
    expect(describeDemand(undefined, HEARD, here)).to.deep.equal([]);
  });
});

describe("parseHeardDemand()", () => {
  it("reads what was written, and nothing else", () => {
    for (const heard of [HEARD, { ...HEARD, waitingSince: undefined }])
      expect(parseHeardDemand(JSON.parse(JSON.stringify(heard)))).to.deep.equal(heard);
    for (const other of [null, 5, {}, { ...HEARD, assigned: "5" }])
      expect(parseHeardDemand(other)).to.equal(null);
  });
});
