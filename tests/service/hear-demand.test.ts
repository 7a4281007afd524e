import { expect } from "chai";
import * as fc from "fast-check";
import {
  afterAllAssigned,
  afterAttempt,
  afterBatch,
  afterFigures,
  afterSilence,
  firstHearing,
  inScaleSet,
  isContradictory,
  isPhantom,
  sessionBegin,
} from "../../src/service/hear-demand.ts";
import type { HeardJob } from "../../src/service/ports.ts";

const NOW = 1_000_000;
const START = firstHearing(null, "key", NOW);
const batch = (id: number, assigned: number, running = 0) => ({
  id,
  figures: { assigned, running, idle: 0 },
  offered: [],
  queuedAt: [NOW - 5000],
  waits: [],
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

describe("isContradictory()", () => {
  const told = (id: number, assigned: number, ...states: readonly HeardJob["state"][]) => ({
    ...batch(id, assigned),
    jobs: states.map((state, index) => ({ id: index, state, repository: undefined, queuedAt: undefined })),
  });

  it("is true when messages assign more jobs than their figures count", () => {
    expect(isContradictory(START, told(1, 1, "waiting", "waiting"), NOW)).to.equal(true);
    expect(isContradictory(START, told(1, 0, "waiting"), NOW)).to.equal(true);
  });

  it("is false when the figures count them, also as jobs that run, or when they have ended meanwhile", () => {
    expect(isContradictory(START, told(1, 2, "waiting", "waiting"), NOW)).to.equal(false);
    const ended = {
      ...told(1, 0, "waiting"),
      jobs: [...told(1, 0, "waiting").jobs, ...told(1, 0, "ended").jobs],
    };
    expect(isContradictory(START, ended, NOW)).to.equal(false);
  });

  it("is false for a batch that came before, that has no figures, or that tells of no job", () => {
    const known = afterBatch(START, batch(3, 0), NOW);
    expect(isContradictory(known, told(3, 0, "waiting"), NOW)).to.equal(false);
    expect(isContradictory(START, { ...told(1, 0, "waiting"), figures: undefined }, NOW)).to.equal(false);
    expect(isContradictory(START, batch(1, 0), NOW)).to.equal(false);
  });
});

describe("the longest wait", () => {
  const jobs = (...all: readonly Partial<HeardJob>[]) =>
    all.map((job, index) => ({
      id: index,
      state: "waiting" as const,
      repository: undefined,
      queuedAt: undefined,
      ...job,
    }));
  const known = afterBatch(
    START,
    { ...batch(1, 2), jobs: jobs({ queuedAt: NOW - 90_000 }, { queuedAt: NOW - 8000 }) },
    NOW,
  );

  it("is that of a job that still waits, not that of one that runs or has ended", () => {
    expect(known.heard.waitingSince).to.equal(NOW - 90_000);
    for (const state of ["running", "ended"] as const) {
      const change = { ...batch(2, 2, 1), jobs: jobs({ state }) };
      expect(afterBatch(known, change, NOW).heard.waitingSince).to.equal(NOW - 8000);
    }
  });

  it("is that since the job was first queued when GitHub gives it back", () => {
    const running = afterBatch(known, { ...batch(2, 2, 1), jobs: jobs({ state: "running" }) }, NOW);
    const back = afterBatch(running, { ...batch(3, 2), jobs: jobs({ queuedAt: NOW - 90_000 }) }, NOW);
    expect(back.heard.waitingSince).to.equal(NOW - 90_000);
  });

  it("follows the figures where the message of a start was lost: the oldest job was taken first", () => {
    const { heard } = afterFigures(known, { assigned: 2, running: 1, idle: 0 }, NOW + 1000);
    expect(heard.waitingSince).to.equal(NOW - 8000);
    expect(
      afterFigures({ ...known, heard }, { assigned: 0, running: 0, idle: 0 }, NOW).heard,
    ).to.deep.include({
      waitingSince: undefined,
      waiting: {},
    });
  });

  it("is at least that of a job which no message has told of", () => {
    const more = afterFigures(known, { assigned: 60, running: 0, idle: 0 }, NOW + 1000);
    expect(more.heard.waitingSince).to.equal(NOW - 90_000);
  });

  it("comes with the repositories that had jobs last, at most ten", () => {
    const names = Array.from({ length: 12 }, (_, index) => `octo/r-${index}`);
    const { heard } = afterBatch(
      known,
      { ...batch(2, 12), jobs: jobs(...[...names, "octo/r-3"].map((repository) => ({ repository }))) },
      NOW,
    );
    expect(heard.repositories).to.have.lengthOf(10);
    expect(heard.repositories?.slice(0, 3)).to.deep.equal(["octo/r-3", "octo/r-11", "octo/r-10"]);
  });

  it("never counts more jobs than wait, whatever messages tell", () => {
    const anyJob = fc.record({
      id: fc.nat(9),
      state: fc.constantFrom("waiting", "running", "ended"),
      queuedAt: fc.integer({ min: 0, max: NOW }),
    });
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.nat(9), fc.nat(9), fc.array(anyJob))), (batches) => {
        let hearing = START;
        for (const [index, [waiting, running, told]] of batches.entries()) {
          const next = {
            ...batch(index + 1, waiting + running, running),
            jobs: jobs(...(told as Partial<HeardJob>[])),
          };
          hearing = afterBatch(hearing, next, NOW);
          expect(Object.keys(hearing.heard.waiting ?? {}).length).to.be.at.most(waiting);
          expect(hearing.heard.waitingSince === undefined).to.equal(waiting === 0);
        }
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

describe("a suspicion", () => {
  const stuck = { assigned: 2, running: 0, idle: 2 };
  const found = { kind: "unclaimed", jobs: 2, shown: 2 } as const;
  const MINUTE_MS = 60_000;

  it("is written down with each new session, and lets the next one wait for longer", () => {
    const first = afterAttempt(afterFigures(START, stuck, NOW), found, NOW + 3 * MINUTE_MS);
    expect(first.heard.suspicion).to.deep.equal({
      ...found,
      since: NOW,
      attempts: 1,
      attemptedAt: NOW + 3 * MINUTE_MS,
    });
    const again = afterFigures(first, stuck, NOW + 4 * MINUTE_MS);
    expect(isPhantom(again, NOW + 9 * MINUTE_MS)).to.equal(false);
    expect(isPhantom(again, NOW + 10 * MINUTE_MS)).to.equal(true);
    const second = afterAttempt(again, found, NOW + 10 * MINUTE_MS).heard.suspicion;
    expect(second).to.include({ since: NOW, attempts: 2 });
  });

  it("is over when runners get the jobs, or there are none", () => {
    const { heard } = afterAttempt(afterFigures(START, stuck, NOW), found, NOW);
    for (const figures of [
      { ...stuck, running: 2 },
      { ...stuck, assigned: 0 },
    ])
      expect(afterFigures({ ...START, heard }, figures, NOW).heard.suspicion).to.equal(undefined);
    expect(afterFigures({ ...START, heard }, stuck, NOW).heard.suspicion).to.include(found);
  });

  it("is also that of more jobs than the unit may have runners, all of them idle", () => {
    const few = firstHearing(null, "key", NOW, 3);
    const figures = { assigned: 9, running: 1, idle: 2 };
    expect(isPhantom(afterFigures(few, figures, NOW), NOW + 3 * MINUTE_MS)).to.equal(true);
    expect(isPhantom(afterFigures(few, { ...figures, idle: 1 }, NOW), NOW + 3 * MINUTE_MS)).to.equal(false);
  });

  it("begins anew with each job that begins", () => {
    const known = afterFigures(START, stuck, NOW);
    const jobs = [{ id: 1, state: "running", repository: undefined, queuedAt: undefined }] as const;
    const next = afterBatch(known, { ...batch(5, 2), figures: stuck, jobs }, NOW + 2 * MINUTE_MS);
    expect(isPhantom(next, NOW + 4 * MINUTE_MS)).to.equal(false);
  });

  it("of missing jobs is over with the first that is assigned, and when none is shown any more", () => {
    const missing = afterAttempt(START, { kind: "missing", jobs: 1 }, NOW);
    expect(afterSilence(missing, NOW).heard.suspicion).to.include({ kind: "missing" });
    expect(afterAllAssigned(missing).heard.suspicion).to.equal(undefined);
    const jobs = [{ id: 1, state: "waiting", repository: undefined, queuedAt: NOW }] as const;
    expect(afterBatch(missing, { ...batch(1, 1), jobs }, NOW).heard.suspicion).to.equal(undefined);
    // Not that of another kind.
    const unclaimed = afterAttempt(START, found, NOW);
    expect(afterAllAssigned(unclaimed).heard.suspicion).to.include({ kind: "unclaimed" });
  });
});

describe("inScaleSet()", () => {
  const heard = afterBatch(inScaleSet(START, 7), batch(40, 2), NOW);

  it("goes on after the last message of the same scale set, also of one that no session had a number of", () => {
    expect(inScaleSet(heard, 7).heard).to.include({ lastMessageId: 40, assigned: 2 });
    const earlier = { ...heard.heard, scaleSetId: undefined };
    expect(inScaleSet({ ...heard, heard: earlier }, 7).heard).to.include({
      lastMessageId: 40,
      scaleSetId: 7,
    });
  });

  it("hears the first message of another one, whose numbers begin anew", () => {
    const other = inScaleSet(heard, 8);
    expect(other.heard).to.include({ lastMessageId: 0, scaleSetId: 8 });
    expect(afterBatch(other, batch(1, 5), NOW).heard).to.include({ lastMessageId: 1, assigned: 5 });
  });
});

describe("sessionBegin()", () => {
  it("is the last message, and the first one that is not acknowledged where jobs are missing", () => {
    const { heard } = afterBatch(START, batch(40, 2), NOW);
    expect(sessionBegin(heard)).to.equal(40);
    const doubt = (kind: "missing" | "unclaimed") =>
      afterAttempt({ ...START, heard }, { kind, jobs: 1, shown: 1 }, NOW).heard;
    expect(sessionBegin(doubt("unclaimed"))).to.equal(40);
    expect(sessionBegin(doubt("missing"))).to.equal(0);
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

  it("begins anew after the clock was set back", () => {
    const known = afterFigures(START, figures, NOW);
    const back = afterFigures(known, figures, NOW - 600_000);
    expect(isPhantom(back, NOW - 600_000 + 180_000)).to.equal(true);
  });

  it("begins anew when runners take jobs, or are missing", () => {
    const known = afterFigures(START, figures, NOW);
    for (const change of [{ running: 2 }, { idle: 1 }, { assigned: 0 }]) {
      const changed = afterFigures(known, { ...figures, ...change }, NOW + 100_000);
      expect(isPhantom(changed, NOW + 500_000)).to.equal(false);
    }
  });
});
