import { expect } from "chai";
import * as fc from "fast-check";
import {
  budgetLeft,
  describeStanding,
  linesOfStanding,
  mergeStandings,
  parseStanding,
  standingAfter,
  standingAt,
  tallyOf,
  type Standing,
} from "../../src/metrics/standing.ts";

const at = (text: string) => Date.parse(text);
const NONE = { good: 0, total: 0 };
const november: Standing = {
  month: "2026-11",
  refill: { good: 99, total: 100 },
  wait: { good: 30, total: 40 },
  job: { good: 9, total: 10 },
};
const one = { refill: { good: 1, total: 1 } };

describe("tallyOf()", () => {
  it("takes a duration for good up to the objective's", () => {
    expect(tallyOf("refill", [0, 10, 10.001, 60])).to.deep.equal({ good: 2, total: 4 });
    expect(tallyOf("wait", [])).to.deep.equal(NONE);
  });
});

describe("standingAfter()", () => {
  it("adds to the month, until its last millisecond in UTC", () => {
    const last = standingAfter(november, one, at("2026-11-30T23:59:59.999Z"));
    expect(last).to.deep.equal({ ...november, refill: { good: 100, total: 101 } });
    expect(standingAfter(last, one, at("2026-12-01T00:00:00Z"))).to.deep.equal({
      month: "2026-12",
      refill: { good: 1, total: 1 },
      wait: NONE,
      job: NONE,
    });
  });

  it("begins a new month at the end of a year, and of February", () => {
    const december = { ...november, month: "2026-12" };
    expect(standingAfter(december, one, at("2027-01-01T00:00:00Z")).month).to.equal("2027-01");
    const february = { ...november, month: "2028-02" };
    expect(standingAfter(february, one, at("2028-02-29T12:00:00Z")).month).to.equal("2028-02");
    expect(standingAfter(february, one, at("2028-03-01T00:00:00Z")).refill.total).to.equal(1);
  });

  it("goes on in the later month when the clock is set back over its beginning", () => {
    const december = { ...november, month: "2026-12" };
    const back = standingAfter(december, one, at("2026-11-30T23:59:50Z"));
    expect(back).to.deep.equal({ ...december, refill: { good: 100, total: 101 } });
  });

  it("forgets a month that a wrong clock has begun", () => {
    const wrong = { ...november, month: "2038-01" };
    expect(standingAfter(wrong, one, at("2026-11-20T00:00:00Z"))).to.deep.equal({
      month: "2026-11",
      refill: { good: 1, total: 1 },
      wait: NONE,
      job: NONE,
    });
  });

  it("is the same for results that come together and one after the other", () => {
    const tally = fc
      .nat({ max: 50 })
      .chain((total) => fc.record({ good: fc.nat({ max: total }), total: fc.constant(total) }));
    const results = fc.record({ refill: tally, wait: tally, job: tally });
    const now = at("2026-11-15T00:00:00Z");
    fc.assert(
      fc.property(results, results, (first, second) => {
        const both = standingAfter(standingAfter(null, first, now), second, now);
        const merged = mergeStandings(standingAfter(null, first, now), standingAfter(null, second, now));
        expect(both).to.deep.equal(merged);
        for (const { good, total } of [both.refill, both.wait, both.job]) expect(good).to.be.at.most(total);
      }),
    );
  });
});

describe("standingAt()", () => {
  it("has nothing of a month that is over", () => {
    expect(standingAt(november, at("2026-12-05T00:00:00Z"))).to.deep.equal({
      month: "2026-12",
      refill: NONE,
      wait: NONE,
      job: NONE,
    });
    expect(standingAt(november, at("2026-11-05T00:00:00Z"))).to.equal(november);
  });
});

describe("mergeStandings()", () => {
  it("leaves out the earlier month, on whichever side it is", () => {
    const december = { ...november, month: "2026-12" };
    expect(mergeStandings(november, december)).to.equal(december);
    expect(mergeStandings(december, november)).to.equal(december);
  });
});

describe("describeStanding()", () => {
  it("tells shares once they mean something, and each job that was ended", () => {
    expect(describeStanding(november)).to.equal(
      "this month 99.0 % of 100 replacements within 10 s, 75.0 % of 40 jobs within 10 s, 1 job ended by the unit",
    );
    const few = { ...november, refill: { good: 0, total: 19 }, wait: NONE, job: { good: 3, total: 3 } };
    expect(describeStanding(few)).to.equal(undefined);
    expect(describeStanding({ ...few, job: { good: 1, total: 3 } })).to.equal(
      "this month 2 jobs ended by the unit",
    );
  });

  it("says that no job was ended, once it tells shares", () => {
    const whole = { ...november, wait: NONE, job: { good: 10, total: 10 } };
    expect(describeStanding(whole)).to.equal(
      "this month 99.0 % of 100 replacements within 10 s, no job ended by the unit",
    );
  });

  it("rounds no share up", () => {
    const almost = { ...november, refill: { good: 9999, total: 10_000 }, wait: NONE, job: NONE };
    expect(describeStanding(almost)).to.contain("99.9 % of 10000");
  });
});

describe("budgetLeft()", () => {
  it("is the part of the allowed errors that has not happened, rounded down", () => {
    const left = (good: number, total: number) => budgetLeft("refill", { good, total });
    expect([left(1000, 1000), left(997, 1000), left(999, 1500), left(20, 20)]).to.deep.equal([
      100, 70, -3240, 100,
    ]);
    expect(left(299, 300), "1 of 3 allowed errors").to.equal(66);
  });

  it("is spent where exactly as many errors have happened as are allowed, and not known of nothing", () => {
    expect(budgetLeft("wait", { good: 99, total: 100 })).to.equal(0);
    expect(budgetLeft("wait", { good: 98, total: 100 })).to.equal(-100);
    expect(budgetLeft("wait", NONE)).to.equal(undefined);
  });
});

describe("linesOfStanding()", () => {
  const lines = (change: Partial<Standing>) =>
    Object.fromEntries(linesOfStanding({ ...november, ...change }).map(({ what, value }) => [what, value]));

  it("tells shares, what is left of the error budget, and jobs that were ended", () => {
    expect(lines({ refill: { good: 999, total: 1000 } })).to.deep.equal({
      "Replacements within 10 s": "99.9 % of 1000; 90 % of the error budget is left",
      "Waits of jobs within 10 s": "75.0 % of 40; the error budget is spent",
      "Jobs ended by the unit": "1 of 10",
    });
  });

  it("counts where there is too little for a share, and says where there is nothing", () => {
    const few = lines({ refill: { good: 18, total: 19 }, wait: NONE, job: NONE });
    expect(Object.values(few)).to.deep.equal(["18 of 19", "none yet", "0 of 0"]);
  });
});

describe("parseStanding()", () => {
  it("reads what it wrote, and nothing else", () => {
    expect(parseStanding(JSON.parse(JSON.stringify(november)))).to.deep.equal(november);
    for (const damaged of [
      null,
      7,
      {},
      { ...november, month: "2026-13" },
      { ...november, month: 202611 },
      { ...november, job: undefined },
      { ...november, job: { good: 2, total: 1 } },
      { ...november, job: { good: -1, total: 1 } },
      { ...november, wait: { good: 0.5, total: 1 } },
      { ...november, wait: { good: 1, total: 1e300 } },
    ])
      expect(parseStanding(damaged), JSON.stringify(damaged)).to.equal(null);
  });
});
