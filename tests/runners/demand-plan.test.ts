import { expect } from "chai";
import fc from "fast-check";
import { plan, wantedCount, type Demand } from "../../src/runners/plan.ts";
import type { Machine, Registration } from "../../src/runners/ports.ts";
import type { World } from "../../src/runners/world.ts";
import { anyWorld, machine, NOW, patience, registration, removals } from "./worlds.ts";

const anyDemand = fc
  .record({ assigned: fc.nat({ max: 20 }), idle: fc.nat({ max: 5 }) })
  .chain((demand) => fc.nat({ max: demand.assigned }).map((running) => ({ ...demand, running })));

const ages = ["a", "b", "c", "d"] as const;
/** The first of these runners is the oldest. */
const worldOf = (
  ...changes: readonly (readonly [Partial<Machine>, Partial<Registration> | undefined])[]
): World => {
  const named = changes.map((change, index) => [ages[index] ?? "e", change] as const);
  return {
    machines: named.map(([name, [change]], index) =>
      machine(name, { createdAt: NOW - 100_000 + index, ...change }),
    ),
    registrations: named.flatMap(([name, [, change]]) => (change ? [registration(name, change)] : [])),
  };
};
const idle = [{}, {}] as const;
const busy = [{}, { busy: true }] as const;

describe("wantedCount()", () => {
  for (const [count, demand, wanted] of [
    [4, undefined, 4],
    [4, { assigned: 0, running: 0, idle: 0 }, 0],
    [4, { assigned: 0, running: 0, idle: 1 }, 1],
    [4, { assigned: 3, running: 1, idle: 1 }, 4],
    [4, { assigned: 9, running: 4, idle: 1 }, 4],
    [0, { assigned: 9, running: 0, idle: 1 }, 0],
  ] as const) {
    it(`is ${wanted} of at most ${count} with the demand ${JSON.stringify(demand)}`, () => {
      expect(wantedCount({ count, demand })).to.equal(wanted);
    });
  }
});

describe("plan() with a demand", () => {
  const planned = (world: World, demand: Demand, count = 4) =>
    plan(world, { count, demand, configHash: "new" }, patience, NOW);

  it("is the plan for as many runners as the demand asks for, where no runner has another configuration or is lost", () => {
    const anyRunner = fc.constantFrom(idle, busy);
    fc.assert(
      fc.property(
        fc.array(anyRunner, { maxLength: 4 }),
        fc.nat({ max: 10 }),
        anyDemand,
        (runners, count, demand) => {
          const world = worldOf(...runners);
          const configHash = "new";
          const jobs = runners.filter((each) => each === busy).length;
          // GitHub counts each job that runs.
          const counted = { ...demand, assigned: Math.max(demand.assigned, jobs), running: jobs };
          const asked = plan(world, { count, demand: counted, configHash }, patience, NOW);
          const wanted = wantedCount({ count, demand: counted });
          const fixed = plan(world, { count: wanted, configHash }, patience, NOW);
          expect({ ...asked, missingStandby: 0, slots: 0 }).to.deep.equal({
            ...fixed,
            missingStandby: 0,
            slots: 0,
          });
        },
      ),
    );
  });

  it("never ends a busy runner, however small the demand is, and never makes more than the most runners", () => {
    fc.assert(
      fc.property(anyWorld, anyDemand, (world, demand) => {
        const { steps, creations, slots } = planned(world, demand, 10);
        for (const step of steps) {
          if (step.action === "retire") expect(step.registration.busy, step.reason).to.equal(false);
        }
        const left = world.machines.length - removals(steps).length;
        expect(creations).to.be.at.most(Math.max(0, 10 - left));
        expect(creations).to.be.at.most(slots);
      }),
    );
  });

  for (const [title, runners, demand, creations] of [
    [
      "makes a runner for a job that waits beside jobs of an earlier scale set",
      [
        [{ configHash: "old" }, { busy: true }],
        [{ configHash: "old" }, { busy: true }],
      ],
      { assigned: 1, running: 0, idle: 0 },
      1,
    ],
    [
      "makes none beside jobs of an earlier configuration that GitHub counts, since they are of the same scale set",
      [[{ configHash: "old" }, { busy: true }], idle],
      { assigned: 2, running: 1, idle: 0 },
      0,
    ],
    [
      "makes no second runner for a job that has just begun, which GitHub does not count yet",
      [busy],
      { assigned: 1, running: 0, idle: 0 },
      0,
    ],
    [
      "keeps its idle runners beside jobs that GitHub has not told of",
      [busy, busy],
      { assigned: 0, running: 0, idle: 1 },
      1,
    ],
    [
      "makes a runner for a job that waits beside one that GitHub lists no more",
      [[{ suspectSince: NOW - 10_000 }, undefined]],
      { assigned: 1, running: 0, idle: 0 },
      1,
    ],
    [
      "makes a runner for a job that waits beside one that is disconnected",
      [[{ suspectSince: NOW - 10_000, createdAt: NOW - 10_000_000 }, { online: false }]],
      { assigned: 1, running: 0, idle: 0 },
      1,
    ],
    [
      "makes none at the first look at a runner that is not listed, since GitHub's list lags",
      [[{}, undefined]],
      { assigned: 1, running: 0, idle: 0 },
      0,
    ],
    [
      "makes none that the unit has no room for",
      [busy, busy, busy, [{ suspectSince: NOW - 10_000 }, undefined]],
      { assigned: 9, running: 3, idle: 0 },
      0,
    ],
  ] as const) {
    it(title, () => {
      const made = planned(worldOf(...runners), demand);
      expect(removals(made.steps)).to.deep.equal([]);
      expect(made.creations).to.equal(creations);
    });
  }

  describe("with jobs of former scopes", () => {
    const former = (waiting: number, missing: number) => [{ scopeKey: "old", waiting, missing }];

    it("takes an idle runner of the present scope away for one that is missing in a former scope", () => {
      const demand = { assigned: 1, running: 0, idle: 1, former: former(1, 1) };
      const made = planned(worldOf(idle, idle), demand);
      expect(removals(made.steps)).to.have.lengthOf(1);
      expect(made.creations).to.equal(1);
    });

    for (const [isFaulty, what] of [
      [true, "keeps a runner of an earlier configuration for a job that no other runner could have"],
      [false, "replaces a runner of an earlier configuration beside a job that its successor can have"],
    ] as const) {
      it(what, () => {
        const scope = [{ scopeKey: "old", waiting: 1, missing: 0, isFaulty }];
        const world = worldOf([{ scopeKey: "old", configHash: "old" }, {}]);
        const { steps } = planned(world, { assigned: 1, running: 0, idle: 0, former: scope }, 1);
        expect(steps.map(({ action }) => action)).to.deep.equal(isFaulty ? [] : ["retire"]);
      });
    }

    it("replaces no idle runner of the present scope by another one, when GitHub counts a runner that is not found", () => {
      const demand = { assigned: 1, running: 0, idle: 1, former: former(1, 0) };
      const made = planned(worldOf(idle, idle), demand);
      expect(removals(made.steps)).to.deep.equal([]);
      expect(made.creations).to.equal(0);
    });

    it("removes no more idle runners of the present scope than are too many or make room for former jobs", () => {
      const anyRunner = fc.constantFrom(idle, busy, [{ scopeKey: "old" }, {}] as const);
      const jobs = fc.record({ waiting: fc.nat({ max: 4 }), missing: fc.nat({ max: 4 }) });
      fc.assert(
        fc.property(
          fc.array(anyRunner, { maxLength: 4 }),
          fc.integer({ min: 4, max: 8 }),
          anyDemand,
          jobs,
          (runners, count, demand, { waiting, missing }) => {
            const assigned = demand.assigned + waiting;
            const wanted = { ...demand, assigned, former: former(waiting, Math.min(waiting, missing)) };
            const { steps, creations } = planned(worldOf(...runners), wanted, count);
            const ofPresent = removals(steps).filter(({ machine: { scopeKey } }) => scopeKey !== "old");
            if (ofPresent.length === 0) return;
            expect(creations).to.be.at.most(Math.min(waiting, missing));
          },
        ),
        { numRuns: 2000 },
      );
    });
  });

  it("makes a runner for a job that waits beside one that powers off, if there is room for both", () => {
    const world = { ...worldOf([{}, undefined]), ended: new Map([["a", NOW - 1000]]) };
    const demand = { assigned: 1, running: 0, idle: 0 };
    expect(planned(world, demand).creations).to.equal(1);
    expect(planned(world, demand, 1).creations).to.equal(0);
    expect(planned(world, { ...demand, assigned: 0 }).creations).to.equal(0);
  });

  it("makes none for a job of which GitHub has not told yet that it has ended, unless another one is sure to follow", () => {
    const world = { ...worldOf([{}, undefined], busy), ended: new Map([["a", NOW - 100]]) };
    const demand = { assigned: 2, running: 2, idle: 0 };
    expect(planned(world, demand).creations).to.equal(0);
    expect(planned(world, { ...demand, assigned: 3 }).creations).to.equal(1);
    const [standby] = [{ ...machine("s"), state: "frozen", phase: "standby" } as const];
    const made = plan(
      { ...world, standby: [standby] },
      { count: 4, demand, configHash: "new", standby: 1 },
      patience,
      NOW,
    );
    expect(made.creations).to.equal(0);
    const full = { count: 2, demand, configHash: "new", standby: 1 };
    expect(plan({ ...world, standby: [standby] }, full, patience, NOW).creations).to.equal(1);
  });

  it("has room for a runner that is removed and stays, as long as it is below the most runners", () => {
    const world = worldOf([{ suspectSince: NOW - 10_000_000 }, undefined]);
    const demand = { assigned: 1, running: 0, idle: 0 };
    expect(planned(world, demand)).to.include({ creations: 1, slots: 4 });
    expect(planned(world, demand, 1)).to.include({ creations: 1, slots: 1 });
  });
});
