import { expect } from "chai";
import { CodedError } from "charm-kit";
import { DemandRounds } from "../../src/service/demand-rounds.ts";
import { capacityIn, JobRoom, jobRoomAfter } from "../../src/service/job-room.ts";
import type { Round } from "../../src/service/ports.ts";
import { OutdatedSettingsError } from "../../src/service/unit-rounds.ts";
import { rejection } from "../support/rejection.ts";
import { DemandSite } from "./demand-site.ts";
import { soon } from "../support/patience.ts";

const signal = new AbortController().signal;
/** A poll that lasts longer than any of these tests: what is announced later does not wait for its end. */
const POLL_MS = 10 * 60_000;
const OPTIONS = { isWhole: true };

class FullError extends CodedError {
  readonly code = "lxd-refused";
}

const roundOf = (names: readonly string[], change: Partial<Round> = {}): Round => ({
  counts: { online: 0, busy: names.length, offline: 0, unknown: 0, names, busyNames: names, standby: 0 },
  runners: [],
  created: 0,
  failures: [],
  ofRemovals: [],
  notices: [],
  waiting: 0,
  capacity: 0,
  room: 4,
  image: "current",
  ...change,
});

describe("DemandRounds", function () {
  this.timeout(120_000);
  let site: DemandSite;
  let next: () => Promise<Round>;
  let rounds: DemandRounds;

  beforeEach(async () => {
    site = await DemandSite.start(POLL_MS);
    const room = new JobRoom();
    const { listener } = site.listen({ capacity: 8, room });
    rounds = new DemandRounds({
      rounds: {
        round: () => next(),
        makeUpStandby: () => Promise.resolve({ standby: 0, isDone: true }),
        close: () => Promise.resolve(),
      },
      // The site lets it run.
      listener: {
        asked: (limited) => listener.asked(limited),
        acted: (batches, limited) => listener.acted(batches, limited),
        run: () => Promise.withResolvers<never>().promise,
        heard: undefined,
        pending: [],
      },
      room,
      close: () => Promise.resolve(),
    });
    await site.knows(0);
  });
  afterEach(() => site.close());

  const round = (result: Round, options: Parameters<DemandRounds["round"]>[0] = OPTIONS) => {
    next = () => Promise.resolve(result);
    return rounds.round(options, signal);
  };
  const fails = (thrown: Error) => {
    next = () => Promise.reject(thrown);
    return rejection(rounds.round(OPTIONS, signal));
  };
  const announced = async (capacity: number) => {
    const sets = () => [...site.standIn.scaleSets.all.values()];
    await site.standIn.service.changes.until(
      () => (sets()[0]?.capacity === capacity ? true : undefined),
      soon(),
    );
  };

  it("is assigned no job before a round has found the unit able to serve it, and as many as there is room for then", async () => {
    await site.queue(6);
    await announced(0);
    await round(roundOf([], { image: "missing", room: undefined }));
    await announced(0);
    await round(roundOf([]));
    await announced(4);
    await site.knows(4);
  });

  it("is assigned no more jobs than it has runners while its rounds fail, and others at once when they succeed again", async () => {
    await round(roundOf(["a"]));
    await announced(4);
    await fails(new Error("LXD does not answer"));
    await announced(1);
    await site.queue(3);
    await site.knows(1);
    await round(roundOf(["a"]));
    await site.knows(3);
  });

  it("announces what it did when a hook has replaced its settings, or nothing may be created", async () => {
    await round(roundOf(["a"]));
    await announced(4);
    await fails(new OutdatedSettingsError(1));
    await round(roundOf(["a"], { room: 3 }), { ...OPTIONS, mostCreations: 0 });
    await site.queue(6);
    await site.knows(4);
  });
});

describe("capacityIn()", () => {
  it("is the usual number, whatever room there is, and more only for runners in place of lost ones", () => {
    for (const room of [0, 3, 4, 9]) expect(capacityIn(room, 4, 4)).to.equal(4);
    expect([3, 5, 9].map((room) => capacityIn(room, 4, 6))).to.deep.equal([4, 5, 6]);
  });
});

describe("jobRoomAfter()", () => {
  it("is what the machine holds, less the jobs of former scale sets", () => {
    expect(jobRoomAfter(roundOf(["a"]))).to.equal(4);
    expect(jobRoomAfter(roundOf(["a"], { formerJobs: 3 }))).to.equal(1);
    expect(jobRoomAfter(roundOf(["a"], { formerJobs: 9 }))).to.equal(0);
  });

  it("is nothing without an image", () => {
    expect(jobRoomAfter(roundOf(["a"], { image: "missing" }))).to.equal(0);
  });

  it("is no more than the runners that are there where none can be created", () => {
    const full = new FullError("no space");
    expect(jobRoomAfter(roundOf(["a"], { failures: [full] }))).to.equal(1);
    expect(jobRoomAfter(roundOf(["a"], { failures: [full], created: 1 }))).to.equal(4);
    // What fails at removals keeps no runner from being created.
    expect(jobRoomAfter(roundOf(["a"], { failures: [full], ofRemovals: [full] }))).to.equal(4);
  });
});
