import { expect } from "chai";
import {
  demandFor,
  describeDemand,
  idleInVainSince,
  parseHeardDemand,
  withoutDuration,
  type HeardDemand,
  type Suspicion,
} from "../../src/unit/demand.ts";

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

describe("idleInVainSince()", () => {
  const doubted = (change: Partial<Suspicion>): HeardDemand => ({
    ...HEARD,
    suspicion: {
      ...{ kind: "unclaimed", jobs: 1, since: NOW - 600_000, attempts: 2, attemptedAt: NOW - 60_000 },
      ...change,
    },
  });

  it("is since when jobs get no idle runner, once a second new session has not helped", () => {
    expect(idleInVainSince(doubted({}), here)).to.equal(NOW - 600_000);
    expect(idleInVainSince(doubted({ shown: 1 }), here)).to.equal(NOW - 600_000);
  });

  for (const [what, heard] of [
    ["nothing is doubted", HEARD],
    ["no second session was opened", doubted({ attempts: 1 })],
    ["GitHub's API shows none of the jobs", doubted({ shown: 0 })],
    ["jobs are missing", doubted({ kind: "missing" })],
    ["it was heard long ago", { ...doubted({}), heardAt: NOW - 300_000 }],
    ["nothing was heard", null],
  ] as const) {
    it(`is not known where ${what}`, () => {
      expect(idleInVainSince(heard, here)).to.equal(undefined);
    });
  }

  it("is not known where the clock was set back", () => {
    expect(idleInVainSince(doubted({ since: NOW + 1 }), here)).to.equal(undefined);
  });
});

describe("describeDemand()", () => {
  it("tells why nothing is heard, with jobs that are known and without", () => {
    const fault = "another session is alive";
    expect(describeDemand(SCALING, { ...HEARD, fault }, here)).to.deep.equal([
      "4 jobs wait (longest 8 s)",
      fault,
    ]);
    expect(describeDemand(SCALING, { ...HEARD, assigned: 0, running: 0, fault }, here)).to.deep.equal([
      fault,
    ]);
  });

  it("tells why nothing was heard for minutes", () => {
    const old = { ...HEARD, heardAt: NOW - 600_000, fault: "the scale set is another's" };
    expect(describeDemand(SCALING, old, here)).to.deep.equal([
      "the scale set is another's",
      "the runner service has not heard of GitHub's jobs for 5 minutes: 2 idle runners are kept",
    ]);
  });

  it("tells what GitHub's messages and figures do not agree with", () => {
    const suspicion = {
      ...({ kind: "missing", jobs: 2, since: NOW, attempts: 1 } as const),
      attemptedAt: Date.UTC(2026, 10, 25, 10, 12),
    };
    const of = (
      change: Partial<typeof suspicion> | { readonly kind: "unclaimed"; readonly shown?: number },
    ) => describeDemand(SCALING, { ...HEARD, suspicion: { ...suspicion, ...change } }, here)[1];
    const then = "the session was opened again at 10:12 UTC; githubstatus.com lists incidents";
    expect(of({})).to.equal(`2 jobs are queued, and GitHub does not assign them to the scale set; ${then}`);
    expect(of({ kind: "unclaimed" })).to.equal(`GitHub counts 2 jobs that no idle runner gets; ${then}`);
    expect(of({ kind: "unclaimed", shown: 0 })).to.match(/gets, of which its API shows none as queued;/);
  });

  it("tells how many jobs wait, and for how long", () => {
    expect(describeDemand(SCALING, HEARD, here)).to.deep.equal(["4 jobs wait (longest 8 s)"]);
    for (const [ms, text] of [
      [119_000, "119 s"],
      [600_000, "10 min"],
      [3 * 3_600_000, "3 h"],
      [-5000, "0 s"],
    ] as const)
      expect(describeDemand(SCALING, { ...HEARD, waitingSince: NOW - ms }, here)).to.deep.equal([
        `4 jobs wait (longest ${text})`,
      ]);
    expect(describeDemand(SCALING, { ...HEARD, assigned: 2 }, here)[0]).to.match(/^1 job waits/);
    expect(describeDemand(SCALING, { ...HEARD, running: 5 }, here)).to.deep.equal([]);
    expect(describeDemand(undefined, HEARD, here)).to.deep.equal([]);
  });
});

describe("withoutDuration()", () => {
  it("leaves what is news, and other notices as they are", () => {
    expect(withoutDuration("4 jobs wait (longest 10 min)")).to.equal("4 jobs wait");
    expect(withoutDuration("the disk is full")).to.equal("the disk is full");
  });
});

describe("parseHeardDemand()", () => {
  it("reads what was written, and nothing else", () => {
    const whole = { ...HEARD, waiting: { 7: NOW }, repositories: ["octo/hello"], fault: "no", scaleSetId: 3 };
    for (const heard of [HEARD, { ...HEARD, waitingSince: undefined }, whole])
      expect(parseHeardDemand(JSON.parse(JSON.stringify(heard)))).to.deep.equal(heard);
    const suspicion = { kind: "missing", jobs: 1, since: 1, attempts: 1, attemptedAt: 2 } as const;
    expect(parseHeardDemand({ ...HEARD, suspicion })).to.deep.equal({ ...HEARD, suspicion });
    // A time that no calendar has could not be shown.
    for (const damage of [{ since: "x" }, { attemptedAt: 1e300 }])
      expect(parseHeardDemand({ ...HEARD, suspicion: { ...suspicion, ...damage } })).to.deep.equal(HEARD);
    for (const other of [null, 5, {}, { ...HEARD, assigned: "5" }])
      expect(parseHeardDemand(other)).to.equal(null);
  });
});
