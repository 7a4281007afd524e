import { expect } from "chai";
import { createLogger } from "charm-kit";
import { ScaleSetRefusedError, type ScaleSet } from "scale-set-client";
import { FormerScaleSets } from "../../src/github/former-scale-sets.ts";
import { withPresent, type KnownScaleSet } from "../../src/github/scale-set-ledger.ts";
import { rejection } from "../support/rejection.ts";

const HOUR_MS = 3_600_000;
const LEFT_AT = Date.UTC(2026, 0, 1, 10);
const SCOPE = "https://github.com/octo";

describe("FormerScaleSets", () => {
  let now: number;
  let known: readonly KnownScaleSet[] | null;
  let sets: Map<number, ScaleSet>;
  let undeletable: Set<number>;
  let lines: string[];

  const knownSet = (id: number): KnownScaleSet => ({
    ...{ id, scope: SCOPE, name: `runners-${id}`, groupId: 1, labels: ["linux"], leftAt: LEFT_AT },
  });
  const scaleSet = (id: number, assigned: number): ScaleSet => ({
    ...{ id, name: `runners-${id}`, runnerGroupId: 1, runnerGroupName: "default", labels: ["linux"] },
    ...{ disableUpdate: true, createdOn: undefined },
    statistics: {
      ...{ totalAvailableJobs: 0, totalAcquiredJobs: 0, totalAssignedJobs: assigned, totalRunningJobs: 0 },
      ...{ totalRegisteredRunners: 0, totalBusyRunners: 0, totalIdleRunners: 0 },
    },
  });
  const open = () =>
    new FormerScaleSets({
      client: {
        getScaleSet: (id) => Promise.resolve(sets.get(id)),
        updateScaleSet: () => Promise.reject(new Error("nothing is renamed")),
        deleteScaleSet: (id) => {
          if (undeletable.has(id)) return Promise.reject(new Error("GitHub refuses the deletion"));
          return Promise.resolve(sets.delete(id) ? ("deleted" as const) : "absent");
        },
      },
      ledger: {
        read: () => Promise.resolve(known),
        write: (next) => {
          known = next;
          return Promise.resolve();
        },
      },
      scope: SCOPE,
      context: { now: () => now },
      log: createLogger(
        (_level, line) => lines.push(line),
        (text) => text,
      ),
    });
  const never = new AbortController().signal;
  const ids = () => known?.map(({ id }) => id);

  beforeEach(() => {
    now = LEFT_AT + HOUR_MS;
    known = [knownSet(1), knownSet(2)];
    sets = new Map([
      [1, scaleSet(1, 0)],
      [2, scaleSet(2, 3)],
    ]);
    undeletable = new Set();
    lines = [];
  });

  it("knows the jobs of the others when GitHub refuses to delete one, and deletes that later", async () => {
    undeletable.add(1);
    const former = open();
    expect(await former.figures(never)).to.deep.equal({ assigned: 3, running: 0, missing: 3 });
    expect(ids()).to.deep.equal([1, 2]);
    undeletable.clear();
    await former.figures(never);
    expect(ids()).to.deep.equal([2]);
    expect([...sets.keys()]).to.deep.equal([2]);
  });

  it("counts no job of one that has none any more, although GitHub refuses to delete it", async () => {
    undeletable.add(2);
    const former = open();
    await former.figures(never);
    sets.set(2, scaleSet(2, 0));
    expect(await former.figures(never)).to.deep.equal({ assigned: 0, running: 0, missing: 0 });
  });

  it("gives one up that cannot be deleted once no job can wait there, and tells it", async () => {
    undeletable.add(1);
    now = LEFT_AT + 24 * HOUR_MS;
    await open().figures(never);
    expect(ids()).to.equal(undefined);
    expect([...sets.keys()]).to.deep.equal([1]);
    expect(lines.join()).to.contain("GitHub refuses the deletion");
  });

  it("keeps all when the signal is aborted at a deletion", async () => {
    undeletable.add(1);
    now = LEFT_AT + 24 * HOUR_MS;
    const stop = new Error("the unit stops");
    expect(await rejection(open().figures(AbortSignal.abort(stop)))).to.equal(stop);
    expect(ids()).to.deep.equal([1, 2]);
  });

  describe("that registers no runner", () => {
    const PRESENT = 9;
    const refused = (status = 422) =>
      new ScaleSetRefusedError("register a runner", {
        ...{ status, detail: "No runner for you.", typeName: undefined },
        ...{ activityId: undefined, requestId: undefined, headers: {}, retryAfterSeconds: undefined },
      });
    let asked: number[];
    const registerBy = (former: FormerScaleSets, thrown: () => Error | undefined) =>
      former.register(PRESENT, never, (id) => {
        asked.push(id);
        const error = id === PRESENT ? undefined : thrown();
        return error ? Promise.reject(error) : Promise.resolve(id);
      });
    beforeEach(() => {
      asked = [];
      known = [knownSet(2)];
    });

    it("leaves its place to the present one, counts none of its jobs without a runner, and is tried again after ever longer pauses", async () => {
      const former = open();
      expect(await registerBy(former, refused)).to.equal(PRESENT);
      expect(await registerBy(former, refused)).to.equal(PRESENT);
      expect(asked).to.deep.equal([2, PRESENT, PRESENT]);
      expect(await former.figures(never)).to.deep.equal({ assigned: 0, running: 0, missing: 0 });
      expect(former.notices).to.deep.equal([
        "jobs of the former scale set runners-2 (2) get no runners: GitHub answered 422, No runner for you.; tried again",
      ]);
      now += 60_000;
      expect(await former.figures(never)).to.deep.equal({ assigned: 3, running: 0, missing: 3 });
      expect(await registerBy(former, refused)).to.equal(PRESENT);
      now += 60_000;
      expect(await former.figures(never)).to.include({ missing: 0 });
      expect(lines.filter((line) => line.includes("A former scale set registers no runner"))).to.have.length(
        1,
      );
      now += 60_000;
      expect(await registerBy(former, () => undefined)).to.equal(2);
      expect(former.notices).to.deep.equal([]);
    });

    it("is told no longer once it is gone", async () => {
      const former = open();
      await registerBy(former, refused);
      sets.set(2, scaleSet(2, 0));
      await former.figures(never);
      expect(former.notices).to.deep.equal([]);
    });

    it("is not to blame for what any scale set would be answered", async () => {
      for (const error of [refused(401), refused(429), refused(500), new Error("the connection was reset")]) {
        const former = open();
        expect(await rejection(registerBy(former, () => error))).to.equal(error);
        expect(former.notices).to.deep.equal([]);
      }
    });
  });

  it("deletes the others of a unit that is removed when GitHub refuses to delete one, and throws that error", async () => {
    undeletable.add(1);
    expect(await rejection(open().deleteAll(never)))
      .to.have.property("message")
      .that.contains("refuses the deletion");
    expect([...sets.keys()]).to.deep.equal([1]);
    expect(ids()).to.deep.equal([1]);
  });
});

describe("withPresent()", () => {
  const present: KnownScaleSet = {
    ...{ id: 3, scope: SCOPE, name: "runners", groupId: 1, labels: ["linux"], leftAt: undefined },
  };

  it("keeps when a former one was left", () => {
    const before = { ...present, id: 1, leftAt: LEFT_AT };
    expect(withPresent([before], present, LEFT_AT + HOUR_MS)[0]?.leftAt).to.equal(LEFT_AT);
  });

  it("takes a former one for left now when the clock was set back: it would be kept for too long", () => {
    const before = { ...present, id: 1, leftAt: LEFT_AT + 1000 * HOUR_MS };
    expect(withPresent([before], present, LEFT_AT)[0]?.leftAt).to.equal(LEFT_AT);
  });
});
