import { expect } from "chai";
import { silentLogger } from "charm-kit";
import type { HeardDemand } from "../../src/unit/demand.ts";
import type { QueuedJob, QueueSource } from "../../src/unit/ports.ts";
import { isWitnessDue, missingJobs, SecondWitness } from "../../src/service/second-witness.ts";
import { rejection } from "../support/rejection.ts";

const NOW = 1_000_000_000;
const MINUTE_MS = 60_000;
const HEARD: HeardDemand = {
  ...{ key: "key", lastMessageId: 1, assigned: 0, running: 0, waitingSince: undefined, heardAt: NOW },
  repositories: ["octo/hello"],
};
const OFFER = { capacity: 3, labels: ["linux"], rules: undefined, publicRepositories: new Set<string>() };
const job = (change: Partial<QueuedJob> = {}): QueuedJob => ({
  ...{ id: 1, repository: "octo/hello", name: "build", labels: ["linux"], queuedAt: NOW - 5 * MINUTE_MS },
  ...change,
});

describe("isWitnessDue()", () => {
  const moment = { now: NOW, askedAt: undefined, messageAt: NOW - 10 * MINUTE_MS, jitter: 0.5 };
  const missing = (attempts: number) => ({
    ...HEARD,
    suspicion: { kind: "missing" as const, jobs: 1, since: 0, attempts, attemptedAt: 0 },
  });

  it("is true once no message has come for ten minutes, and nobody has been asked", () => {
    expect(isWitnessDue(HEARD, 3, moment)).to.equal(true);
    expect(isWitnessDue(HEARD, 3, { ...moment, messageAt: NOW - 9 * MINUTE_MS })).to.equal(false);
    expect(isWitnessDue(HEARD, 3, { ...moment, askedAt: NOW - 9 * MINUTE_MS })).to.equal(false);
    // By the jitter, between three quarters and five quarters.
    expect(isWitnessDue(HEARD, 3, { ...moment, messageAt: NOW - 8 * MINUTE_MS, jitter: 0 })).to.equal(true);
    expect(isWitnessDue(HEARD, 3, { ...moment, messageAt: NOW - 12 * MINUTE_MS, jitter: 1 })).to.equal(false);
  });

  it("is false while the unit has no room: GitHub rightly assigns nothing", () => {
    expect(isWitnessDue({ ...HEARD, assigned: 3 }, 3, moment)).to.equal(false);
    expect(isWitnessDue({ ...HEARD, assigned: 2 }, 3, moment)).to.equal(true);
  });

  it("is true after the clock was set back: times in the future say nothing", () => {
    expect(isWitnessDue(HEARD, 3, { ...moment, messageAt: NOW + 60 * MINUTE_MS })).to.equal(true);
    expect(isWitnessDue(HEARD, 3, { ...moment, askedAt: NOW + 60 * MINUTE_MS })).to.equal(true);
    // What was asked since then counts again.
    const asked = { ...moment, messageAt: NOW + 60 * MINUTE_MS, askedAt: NOW - MINUTE_MS };
    expect(isWitnessDue(HEARD, 3, asked)).to.equal(false);
  });

  it("asks ever more seldom where a new session does not help, and every two hours at last", () => {
    const after = (ms: number) => ({ ...moment, messageAt: NOW - ms });
    expect(isWitnessDue(missing(1), 3, after(19 * MINUTE_MS))).to.equal(false);
    expect(isWitnessDue(missing(1), 3, after(20 * MINUTE_MS))).to.equal(true);
    expect(isWitnessDue(missing(30), 3, after(119 * MINUTE_MS))).to.equal(false);
    expect(isWitnessDue(missing(30), 3, after(120 * MINUTE_MS))).to.equal(true);
  });
});

describe("missingJobs()", () => {
  const count = (jobs: readonly QueuedJob[], heard: Partial<HeardDemand> = {}) =>
    missingJobs(jobs, { ...HEARD, ...heard }, OFFER, NOW);

  it("counts the unit's jobs that have been queued for minutes", () => {
    expect(count([job(), job({ id: 2 })])).to.equal(2);
    for (const other of [{ queuedAt: NOW - MINUTE_MS }, { labels: ["gpu"] }, { labels: ["linux", "gpu"] }])
      expect(count([job(other)])).to.equal(0);
  });

  it("does not count those that are assigned and wait for a runner, nor more than the unit has room for", () => {
    expect(count([job(), job({ id: 2 })], { assigned: 1 })).to.equal(1);
    expect(count([job()], { assigned: 1, running: 1 })).to.equal(1);
    expect(count(Array.from({ length: 9 }, (_, id) => job({ id })))).to.equal(3);
    expect(count([job()], { assigned: 3, running: 3 })).to.equal(0);
  });

  it("does not count jobs that the runner group refuses", () => {
    const rules = { name: "builders", allowsPublic: true, members: ["octo/other"] };
    expect(missingJobs([job()], HEARD, { ...OFFER, rules }, NOW)).to.equal(0);
  });
});

describe("SecondWitness", () => {
  const ended = new AbortController();
  const witness = (queue: Partial<QueueSource>, now = () => NOW) =>
    new SecondWitness({
      queue: {
        read: () => Promise.resolve({ jobs: [], repositories: [], gaps: [] }),
        groupRules: () => Promise.resolve(undefined),
        isPublic: () => Promise.resolve(undefined),
        ...queue,
      },
      ...{
        labels: ["linux"],
        scaleSet: "runners-0",
        capacity: () => 3,
        log: silentLogger,
        random: () => 0.5,
      },
      clock: { now, wait: () => Promise.resolve() },
    });

  it("asks about the repositories that had jobs, and tells which are missing", async () => {
    const asked: (readonly string[])[] = [];
    const read: QueueSource["read"] = (known) => {
      asked.push(known);
      return Promise.resolve({ jobs: [job(), job({ labels: ["runners-0"] })], repositories: [], gaps: [] });
    };
    const heard = { ...HEARD, assigned: 1 };
    expect(await witness({ read }).ask(heard, ended.signal)).to.deep.equal({ missing: 1, shown: 2 });
    expect(asked).to.deep.equal([["octo/hello"]]);
  });

  it("tells nothing where GitHub does not, and ends with its signal", async () => {
    const fails = { read: () => Promise.reject(new Error("no")) };
    expect(await witness(fails).ask(HEARD, ended.signal)).to.equal(undefined);
    const signal = AbortSignal.abort(new Error("over"));
    expect(await rejection(witness(fails).ask(HEARD, signal))).to.match(/over/);
  });

  it("is due an interval after its last question, its last message and its begin", async () => {
    let now = NOW;
    const asked = witness({}, () => now);
    const later = (minutes: number) => {
      now += minutes * MINUTE_MS;
      return asked.isDue(HEARD);
    };
    expect(asked.isDue(HEARD)).to.equal(false);
    expect(later(10)).to.equal(true);
    await asked.ask(HEARD, ended.signal);
    expect(later(9)).to.equal(false);
    asked.heard();
    expect(later(9)).to.equal(false);
    expect(later(1)).to.equal(true);
  });
});
