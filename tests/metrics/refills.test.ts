import { expect } from "chai";
import * as fc from "fast-check";
import { matchRefills } from "../../src/metrics/refills.ts";

const DAY_MS = 24 * 60 * 60_000;

describe("matchRefills()", () => {
  const table: readonly (readonly [
    string,
    readonly number[],
    Parameters<typeof matchRefills>[1],
    ReturnType<typeof matchRefills>,
  ])[] = [
    [
      "measures from the end of a runner to the start of the next",
      [],
      { ended: [1000], started: [3500], missing: 0 },
      { refills: [2500], vacantSince: [] },
    ],
    [
      "gives the place that is vacant longest to the first new runner",
      [100],
      { ended: [300, 200], started: [1000, 500], missing: 1 },
      { refills: [400, 800], vacantSince: [300] },
    ],
    [
      "takes no runner that was started before the end for a successor",
      [],
      { ended: [1000], started: [900], missing: 1 },
      { refills: [], vacantSince: [1000] },
    ],
    [
      "counts no new runner that takes nobody's place",
      [],
      { ended: [], started: [10, 20], missing: 0 },
      { refills: [], vacantSince: [] },
    ],
    [
      "forgets places that are no longer wanted",
      [1, 2],
      { ended: [3], started: [], missing: 0 },
      { refills: [], vacantSince: [] },
    ],
    [
      "leaves out what a clock that jumped a month makes of it",
      [],
      { ended: [1000], started: [1000 + 30 * DAY_MS], missing: 0 },
      { refills: [], vacantSince: [] },
    ],
    [
      "leaves out what is no time",
      [Number.NaN],
      { ended: [5, Infinity], started: [6], missing: 3 },
      { refills: [1], vacantSince: [] },
    ],
  ];
  for (const [title, vacantSince, turnover, result] of table)
    it(title, () => {
      expect(matchRefills(vacantSince, turnover)).to.deep.equal(result);
    });

  it("measures each end at most once, never less than nothing, and keeps no more than are missing", () => {
    const times = fc.array(fc.nat({ max: 1000 }), { maxLength: 20 });
    fc.assert(
      fc.property(times, times, times, fc.nat({ max: 10 }), (vacantSince, ended, started, missing) => {
        const found = matchRefills(vacantSince, { ended, started, missing });
        expect(found.refills.length).to.be.at.most(
          Math.min(started.length, vacantSince.length + ended.length),
        );
        expect(found.refills.every((refill) => refill >= 0)).to.equal(true);
        expect(found.vacantSince.length).to.be.at.most(missing);
      }),
    );
  });
});
