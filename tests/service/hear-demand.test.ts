import { expect } from "chai";
import * as fc from "fast-check";
import {
  afterBatch,
  afterFigures,
  afterSilence,
  firstHearing,
  isPhantom,
} from "../../src/service/hear-demand.ts";

const NOW = 1_000_000;
const START = firstHearing(null, "key", NOW);
const batch = (id: number, assigned: number, running = 0) => ({
  id,
  figures: { assigned, running, idle: 0 },
  offered: [],
  queuedAt: [NOW - 5000],
});

describe("afterBatch()", () => {
  it("takes the figures, and tells since when jobs wait", () => {
    const { heard } = afterBatch(START, batch(3, 2), NOW + 1000);
    expect(heard).to.deep.equal({
      ...{ key: "key", lastMessageId: 3, assigned: 2, running: 0 },
      ...{ waitingSince: NOW - 5000, heardAt: NOW + 1000 },
    });
    expect(afterBatch({ ...START, heard }, batch(4, 2, 2), NOW + 2000).heard.waitingSince).to.equal(
      undefined,
    );
  });

  it("keeps what is known where a batch has no figures", () => {
    const known = afterBatch(START, batch(1, 4), NOW);
    expect(afterBatch(known, { ...batch(2, 0), figures: undefined }, NOW).heard.assigned).to.equal(4);
  });

  it("ends with the figures of the newest batch, however they are repeated and in whatever order they come", () => {
    fc.assert(
      fc.property(fc.array(fc.nat({ max: 30 }), { minLength: 1 }), (ids) => {
        const last = ids.reduce((hearing, id) => afterBatch(hearing, batch(id, id * 7), NOW), START);
        const newest = Math.max(...ids);
        expect(last.heard.assigned).to.equal(newest * 7);
        expect(last.heard.lastMessageId).to.equal(newest);
      }),
    );
  });
});

describe("firstHearing()", () => {
  it("goes on with what an earlier process has heard of the same scale set, and of no other", () => {
    const { heard } = afterBatch(START, batch(9, 3), NOW);
    expect(firstHearing(heard, "key", NOW + 1).heard).to.deep.equal(heard);
    expect(firstHearing(heard, "other", NOW + 1).heard).to.include({
      key: "other",
      lastMessageId: 0,
      assigned: 0,
    });
  });
});

describe("isPhantom()", () => {
  const figures = { assigned: 2, running: 0, idle: 2 };

  it("is true once GitHub has counted jobs for minutes that idle runners do not get", () => {
    const known = afterFigures(START, figures, NOW);
    expect(isPhantom(known, NOW + 179_999)).to.equal(false);
    expect(
      isPhantom(afterFigures(afterSilence(known, NOW + 60_000), figures, NOW + 90_000), NOW + 180_000),
    ).to.equal(true);
  });

  it("begins anew when runners take jobs, or are missing", () => {
    const known = afterFigures(START, figures, NOW);
    for (const change of [{ running: 2 }, { idle: 1 }, { assigned: 0 }]) {
      const changed = afterFigures(known, { ...figures, ...change }, NOW + 100_000);
      expect(isPhantom(changed, NOW + 500_000)).to.equal(false);
    }
  });
});
