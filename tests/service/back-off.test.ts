import { expect } from "chai";
import fc from "fast-check";
import {
  backOffAfter,
  mayWork,
  mostCreations,
  nextAttemptAt,
  type BackOff,
  type Concern,
  type Failure,
} from "../../src/service/back-off.ts";

const NONE: BackOff = new Map();
const at = (now: number) => ({ now, jitter: 0.5 });
const DAY_MS = 24 * 60 * 60_000;

function failure(cause: string, concern: Concern = "creation"): Failure {
  return { concern, cause, error: { message: `${cause} failed` } };
}
const outcome = (created: number, ...failures: readonly Failure[]) => ({
  failures,
  created,
  mightCreate: true,
});
const held = (...failures: readonly Failure[]) => ({ failures, created: 0, mightCreate: false });
const failing = (...causes: string[]) => outcome(0, ...causes.map((cause) => failure(cause)));
const of = (backOff: BackOff) => [...backOff.keys()];

describe("backOffAfter()", () => {
  it("doubles the wait of a cause that fails again, up to five minutes", () => {
    let backOff = NONE;
    const waits: number[] = [];
    for (let attempt = 0; attempt < 10; attempt += 1) {
      backOff = backOffAfter(backOff, failing("lxd"), at(0));
      waits.push((nextAttemptAt(backOff, 0) ?? 0) / 1000);
    }
    expect(waits).to.deep.equal([2, 4, 8, 16, 32, 64, 128, 256, 300, 300]);
  });

  it("spreads waits by a quarter to either side", () => {
    const wait = (jitter: number) => nextAttemptAt(backOffAfter(NONE, failing("lxd"), { now: 0, jitter }), 0);
    expect([wait(0), wait(1)]).to.deep.equal([1500, 2500]);
  });

  it("counts a cause that several runners of a round meet once, with the longest wait", () => {
    const limited = { ...failure("github-rate-limit"), notBefore: 900_000 };
    const backOff = backOffAfter(NONE, outcome(0, limited, failure("github-rate-limit")), at(0));
    expect(backOff.get("creation github-rate-limit")).to.include({ count: 1, nextAt: 900_000 });
  });

  it("waits no shorter than the other side asks for, up to a day", () => {
    const limited = (notBefore: number) => outcome(0, { ...failure("github-rate-limit"), notBefore });
    expect(nextAttemptAt(backOffAfter(NONE, limited(900_000), at(0)), 0)).to.equal(900_000);
    expect(nextAttemptAt(backOffAfter(NONE, limited(1000 * DAY_MS), at(0)), 0)).to.equal(DAY_MS);
  });

  it("forgets all causes with a round that fails nowhere", () => {
    const before = backOffAfter(NONE, failing("lxd", "github-unavailable"), at(0));
    expect(of(backOffAfter(before, outcome(0), at(1)))).to.deep.equal([]);
  });

  it("counts anew when a round creates runners", () => {
    const before = [1, 2, 3].reduce((earlier) => backOffAfter(earlier, failing("lxd"), at(0)), NONE);
    const partly = backOffAfter(before, outcome(1, failure("lxd")), at(1));
    expect(partly.get("creation lxd")?.count).to.equal(1);
    expect(of(backOffAfter(before, outcome(1, failure("github-unavailable")), at(1)))).to.deep.equal([
      "creation github-unavailable",
    ]);
  });

  it("keeps a cause that was not met because of another one, or because nothing might be created", () => {
    const before = backOffAfter(NONE, failing("lxd"), at(0));
    expect(of(backOffAfter(before, failing("github-unavailable"), at(1)))).to.deep.equal([
      "creation lxd",
      "creation github-unavailable",
    ]);
    expect(of(backOffAfter(before, held(), at(1)))).to.deep.equal(["creation lxd"]);
    expect(of(backOffAfter(before, held(failure("lxd-unreachable", "round")), at(1)))).to.deep.equal([
      "creation lxd",
      "round lxd-unreachable",
    ]);
  });

  it("forgets a cause of whole rounds and of removals after a round without it", () => {
    const failed = [failure("lxd-unreachable", "round"), failure("lxd", "removal")];
    const before = backOffAfter(NONE, held(...failed), at(0));
    expect(of(backOffAfter(before, held(), at(1)))).to.deep.equal([]);
  });

  it("counts runners that do not stay although new ones are created, until a round meets them alive", () => {
    const died = failure("application-died", "lifetime");
    const twice = backOffAfter(backOffAfter(NONE, outcome(1, died), at(0)), outcome(1, died), at(1));
    expect(twice.get("lifetime application-died")?.count).to.equal(2);
    const created = backOffAfter(twice, outcome(1), at(2));
    expect(created.get("lifetime application-died")?.count).to.equal(2);
    expect(of(backOffAfter(created, outcome(0), at(3)))).to.deep.equal([]);
  });
});

describe("mostCreations()", () => {
  const after = (...concerns: readonly Concern[]) =>
    backOffAfter(NONE, outcome(0, ...concerns.map((concern) => failure(concern, concern))), at(0));

  it("is none until the last cause may be tried again, and any number then", () => {
    const both = backOffAfter(
      backOffAfter(NONE, failing("lxd"), at(0)),
      outcome(0, failure("lxd"), failure("github-unavailable")),
      at(0),
    );
    expect([mostCreations(both, 3999), mostCreations(after("creation"), 2000)]).to.deep.equal([0, undefined]);
    expect(mostCreations(NONE, 0)).to.equal(undefined);
  });

  it("is one after several failures without a success: the others would fail like it", () => {
    const twice = backOffAfter(backOffAfter(NONE, failing("lxd"), at(0)), failing("lxd"), at(0));
    expect(mostCreations(twice, 4000)).to.equal(1);
  });

  it("is not limited by removals that fail", () => {
    expect(mostCreations(after("removal"), 0)).to.equal(undefined);
    expect(mostCreations(after("lifetime"), 0)).to.equal(0);
  });

  it("is not limited by a failure from before the clock was set back", () => {
    const later = backOffAfter(NONE, failing("lxd"), at(DAY_MS));
    expect(mostCreations(later, 0)).to.equal(undefined);
    expect(nextAttemptAt(later, 0)).to.equal(undefined);
  });
});

describe("mayWork()", () => {
  it("is false only while LXD or GitHub have told nothing", () => {
    const after = (concern: Concern) => backOffAfter(NONE, outcome(0, failure("x", concern)), at(0));
    expect(mayWork(after("round"), 1999)).to.equal(false);
    expect(mayWork(after("round"), 2000)).to.equal(true);
    for (const concern of ["creation", "lifetime", "removal"] as const) {
      expect(mayWork(after(concern), 0), concern).to.equal(true);
    }
  });
});

describe("nextAttemptAt()", () => {
  it("is when creations are allowed again, and earlier only for a removal", () => {
    const once = backOffAfter(NONE, outcome(0, failure("a"), failure("b", "removal")), at(0));
    const twice = backOffAfter(once, outcome(0, failure("a"), failure("c")), at(1000));
    expect(nextAttemptAt(twice, 1000)).to.equal(5000);
    const removal = backOffAfter(twice, held(failure("b", "removal")), at(1500));
    expect(nextAttemptAt(removal, 1500)).to.equal(3500);
  });

  it("lets no attempt come before it can do something, whatever fails when", () => {
    const anyFailure = fc.record({
      concern: fc.constantFrom<Concern>("round", "creation", "lifetime", "removal"),
      cause: fc.constantFrom("a", "b", "c"),
      error: fc.constant({ message: "no" }),
    });
    const anyRound = fc.record({
      tookMs: fc.nat(200_000),
      failures: fc.array(anyFailure, { maxLength: 3 }),
      created: fc.nat(2),
    });
    fc.assert(
      fc.property(
        fc.array(anyRound, { maxLength: 30 }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (rounds, jitter) => {
          let now = 0;
          let backOff = NONE;
          for (const { tookMs, failures, created } of rounds) {
            const mightCreate = mostCreations(backOff, now) !== 0;
            now += tookMs;
            backOff = backOffAfter(
              backOff,
              { failures, created: mightCreate ? created : 0, mightCreate },
              { now, jitter },
            );
            const next = nextAttemptAt(backOff, now);
            if (next === undefined) {
              expect(mayWork(backOff, now) && mostCreations(backOff, now) !== 0).to.equal(true);
              continue;
            }
            expect(next).to.be.above(now);
            now = next;
            expect(mayWork(backOff, now)).to.equal(true);
            // Removals go on while creations wait.
            const concerns = new Set([...backOff.values()].map((each) => each.concern));
            if (!concerns.has("removal") && !concerns.has("round"))
              expect(mostCreations(backOff, now)).not.to.equal(0);
          }
        },
      ),
    );
  });
});
