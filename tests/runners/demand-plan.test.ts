import { expect } from "chai";
import fc from "fast-check";
import { plan, wantedCount } from "../../src/runners/plan.ts";
import { anyWorld, NOW, patience } from "./worlds.ts";

const anyDemand = fc.record({ assigned: fc.nat({ max: 20 }), idle: fc.nat({ max: 5 }) });

describe("wantedCount()", () => {
  for (const [count, demand, wanted] of [
    [4, undefined, 4],
    [4, { assigned: 0, idle: 0 }, 0],
    [4, { assigned: 0, idle: 1 }, 1],
    [4, { assigned: 3, idle: 1 }, 4],
    [4, { assigned: 9, idle: 1 }, 4],
    [0, { assigned: 9, idle: 1 }, 0],
  ] as const) {
    it(`is ${wanted} of at most ${count} with the demand ${JSON.stringify(demand)}`, () => {
      expect(wantedCount({ count, demand })).to.equal(wanted);
    });
  }
});

describe("plan() with a demand", () => {
  it("is the plan for as many runners as the demand asks for, apart from standby instances", () => {
    fc.assert(
      fc.property(anyWorld, fc.nat({ max: 10 }), anyDemand, (world, count, demand) => {
        const configHash = "new";
        const asked = plan(world, { count, demand, configHash }, patience, NOW);
        const fixed = plan(world, { count: wantedCount({ count, demand }), configHash }, patience, NOW);
        expect({ ...asked, missingStandby: 0 }).to.deep.equal({ ...fixed, missingStandby: 0 });
      }),
    );
  });

  it("never ends a busy runner, however small the demand is", () => {
    fc.assert(
      fc.property(anyWorld, anyDemand, (world, demand) => {
        const { steps } = plan(world, { count: 10, demand, configHash: "new" }, patience, NOW);
        for (const step of steps) {
          if (step.action === "retire") expect(step.registration.busy, step.reason).to.equal(false);
        }
      }),
    );
  });
});
