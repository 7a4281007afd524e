import { expect } from "chai";
import { pauseAfter, quickPolls } from "../../src/service/quick-polls.ts";

const after = (...polls: readonly { isSilent: boolean; tookMs: number }[]) => polls.reduce(quickPolls, 0);
const quick = { isSilent: true, tookMs: 40 };

describe("quickPolls()", () => {
  it("counts polls in a row that end at once without a message", () => {
    expect(after(quick, quick, quick)).to.equal(3);
  });

  it("begins anew after a poll that has waited", () => {
    expect(after(quick, quick, { isSilent: true, tookMs: 50_000 })).to.equal(0);
  });

  it("begins anew after a message, which ends a poll at once", () => {
    expect(after(quick, quick, { isSilent: false, tookMs: 40 })).to.equal(0);
  });

  it("counts no poll in which the clock was set back", () => {
    expect(after(quick, { isSilent: true, tookMs: -3_600_000 })).to.equal(0);
  });
});

describe("pauseAfter()", () => {
  it("is nothing after a few, and grows to ten seconds", () => {
    const none = [0, 1, 2].map(pauseAfter);
    expect(none).to.deep.equal([undefined, undefined, undefined]);
    expect([3, 4, 5, 6, 7, 1000].map(pauseAfter)).to.deep.equal([2000, 4000, 8000, 10_000, 10_000, 10_000]);
  });
});
