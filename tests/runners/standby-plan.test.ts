import { expect } from "chai";
import fc from "fast-check";
import { plan, type Wanted } from "../../src/runners/plan.ts";
import type { StandbyMachine } from "../../src/runners/ports.ts";
import type { World } from "../../src/runners/world.ts";
import { anyWorld, keptUnder, machine, NOW, patience, registration, summary } from "./worlds.ts";

function standby(name: string, change: Partial<StandbyMachine> = {}): StandbyMachine {
  return {
    name,
    state: "frozen",
    phase: "standby",
    configHash: "new",
    createdAt: NOW - 60_000,
    deadline: NOW + 1_000_000,
    ...change,
  };
}

const busy = { busy: true };
const wanting = (count: number, more: Partial<Wanted> = {}): Wanted => ({
  count,
  standby: 1,
  configHash: "new",
  ...more,
});

const replacement = { ofUnit: 1, most: 1 };
/** A runner of another unit was lost. */
const lostRunners = {
  names: ["runners-1-abcdef000001"],
  alive: new Set<string>(),
  ...{ unit: "runners/0", units: ["runners/0"] },
};

describe("plan() with standby instances", () => {
  const idle: World = { machines: [machine("a")], registrations: [registration("a")] };

  /** Title, standby instances, what else is there and is wanted, and what comes of it. */
  const cases: readonly (readonly [
    string,
    readonly StandbyMachine[],
    { readonly world?: World; readonly wanted?: Wanted },
    { readonly steps?: readonly string[]; readonly usable?: readonly string[]; readonly missing?: number },
  ])[] = [
    ["leaves one that rests alone", [standby("s")], {}, { usable: ["s"] }],
    ["leaves one that boots alone", [standby("s", { state: "running" })], {}, { usable: ["s"] }],
    ["misses one that is wanted", [], {}, { missing: 1 }],
    [
      "removes a stopped one",
      [standby("s", { state: "stopped" })],
      {},
      { steps: ["discard s: instance stopped"], missing: 1 },
    ],
    [
      "removes one of another configuration at once, although no successor of a runner is online",
      [standby("s", { configHash: "old" })],
      {},
      { steps: ["discard s: made with another configuration"], missing: 1 },
    ],
    [
      "removes one past its deadline",
      [standby("s", { deadline: NOW })],
      {},
      { steps: ["discard s: past its deadline"], missing: 1 },
    ],
    [
      "removes one that is older than a renewal",
      [standby("s")],
      {
        wanted: wanting(1, { renewBefore: NOW - 60_000 + 1 }),
        world: { machines: [machine("a", { createdAt: NOW })], registrations: [registration("a")] },
      },
      { steps: ["discard s: renewal requested"], missing: 1 },
    ],
    [
      "removes one that a killed process has registered, and does not take its registration for an orphan",
      [standby("s")],
      {
        world: {
          machines: [machine("a")],
          registrations: [registration("a"), registration("s", { online: false })],
        },
      },
      { steps: ["discard s: left over from a killed creation"], missing: 1 },
    ],
    [
      "removes the youngest of too many",
      [standby("s", { createdAt: NOW - 2 }), standby("t", { createdAt: NOW - 1 })],
      {},
      { steps: ["discard t: more standby instances than wanted"], usable: ["s"] },
    ],
    [
      "keeps what a new runner takes, and misses it afterwards",
      [standby("s")],
      { wanted: wanting(2) },
      { usable: ["s"], missing: 1 },
    ],
    [
      "lets runners take those that rest first",
      [standby("s", { state: "running" }), standby("t")],
      { wanted: wanting(3) },
      { usable: ["t", "s"], missing: 1 },
    ],
    [
      "gives them up beside busy runners that are too many",
      [standby("s")],
      {
        world: {
          machines: [machine("a"), machine("b")],
          registrations: [registration("a", busy), registration("b", busy)],
        },
      },
      { steps: ["discard s: more standby instances than wanted"] },
    ],
    [
      "keeps them beside a runner in place of a lost one, and misses them there",
      [standby("s")],
      {
        world: {
          machines: [machine("a"), machine("b")],
          registrations: [registration("a", busy), registration("b")],
          lostRunners,
        },
        wanted: wanting(1, { replacement, standby: 2 }),
      },
      { usable: ["s"], missing: 1 },
    ],
    [
      "keeps them beside one that has a job when the lost one is back",
      [standby("s")],
      {
        world: {
          machines: [machine("a"), machine("b")],
          registrations: [registration("a", busy), registration("b", busy)],
        },
        wanted: wanting(1, { replacement }),
      },
      { usable: ["s"] },
    ],
    [
      "gives all up when none is wanted",
      [standby("s")],
      { wanted: wanting(1, { standby: 0 }) },
      { steps: ["discard s: more standby instances than wanted"] },
    ],
  ];
  for (const [title, instances, { world = idle, wanted = wanting(1) }, expected] of cases) {
    it(title, () => {
      const made = plan({ ...world, standby: instances }, wanted, patience, NOW);
      const { steps = [], usable = [], missing = 0 } = expected;
      expect(made.steps.map(summary)).to.deep.equal(steps);
      expect(made.standby.map(({ name }) => name)).to.deep.equal(usable);
      expect(made.missingStandby).to.equal(missing);
    });
  }

  describe("beside a runner whose guest says that its application has ended", () => {
    const ended = new Map([["a", NOW - 1]]);
    const world: World = {
      machines: [machine("a"), machine("b")],
      registrations: [registration("b")],
      ended,
    };
    const planOf = (more: Partial<World>, wanted: Partial<Wanted> = {}) => {
      const made = plan({ ...world, ...more }, wanting(2, wanted), patience, NOW);
      return [made.steps.map(summary), made.creations, made.missingStandby];
    };

    it("lets a successor take one before the instance has powered off, and makes none in the meantime", () => {
      expect(planOf({ standby: [standby("s")] })).to.deep.equal([[], 1, 0]);
      expect(planOf({ standby: [standby("s"), standby("t")] }, { standby: 2 })).to.deep.equal([[], 1, 0]);
    });

    it("creates no successor without one: there would be more instances than wanted", () => {
      expect(planOf({ standby: [] })).to.deep.equal([[], 0, 1]);
      expect(planOf({ standby: [standby("s", { configHash: "old" })] })).to.deep.equal([
        ["discard s: made with another configuration"],
        0,
        1,
      ]);
    });

    it("creates no successor that is not wanted", () => {
      const made = plan({ ...world, standby: [standby("s")] }, wanting(1), patience, NOW);
      expect([made.steps.map(summary), made.creations]).to.deep.equal([
        ["discard s: more standby instances than wanted"],
        0,
      ]);
    });

    it("believes GitHub and not the guest", () => {
      const busyA = { registrations: [registration("a", busy), registration("b")] };
      expect(planOf({ ...busyA, standby: [standby("s")] })).to.deep.equal([[], 0, 0]);
    });

    it("removes one that does not power off", () => {
      const long = new Map([["a", NOW - patience.graceMs]]);
      const since = { suspectSince: NOW - patience.graceMs };
      const [steps, creations] = planOf({ machines: [machine("a", since), machine("b")], ended: long });
      expect([steps, creations]).to.deep.equal([["destroy a: registration gone"], 1]);
    });
  });

  const anyStandby: fc.Arbitrary<StandbyMachine[]> = fc
    .array(
      fc.record({
        state: fc.constantFrom("running", "frozen", "frozen", "stopped"),
        configHash: fc.constantFrom("new", "new", "old"),
        createdAt: fc.constantFrom(NOW, NOW - 1, NOW - 60_000),
        deadline: fc.constantFrom(NOW, NOW + 1),
      } as const),
      { maxLength: 4 },
    )
    .map((all) => all.map((change, index) => standby(`s${index}`, change)));
  const law = (
    check: (world: World & { standby: StandbyMachine[] }, wanted: Wanted & { standby: number }) => void,
  ) => {
    const anyWanted = fc.record({ count: fc.nat(6), standby: fc.nat(3), configHash: fc.constant("new") });
    fc.assert(
      fc.property(anyWorld, anyStandby, anyWanted, (world, instances, wanted) => {
        check({ ...world, standby: instances }, wanted);
      }),
      { numRuns: 1000 },
    );
  };

  it("decides about runners as if there were none", () => {
    law((world, wanted) => {
      const { steps, creations } = plan(world, wanted, patience, NOW);
      const without = plan({ ...world, standby: [] }, wanted, patience, NOW);
      expect(steps.filter(({ action }) => action !== "discard")).to.deep.equal(without.steps);
      expect(creations).to.equal(without.creations);
    });
  });

  it("never has more instances than runners and standby instances are wanted, but for runners that stay", () => {
    law((world, wanted) => {
      const made = plan(world, wanted, patience, NOW);
      const runners = keptUnder(made, world).length;
      const taken = Math.min(made.creations, made.standby.length);
      const left = made.standby.length - taken + made.missingStandby;
      expect(runners + made.creations + left).to.be.at.most(Math.max(runners, wanted.count + wanted.standby));
      expect(left).to.be.at.most(wanted.standby);
    });
  });

  it("removes each that is not usable, and none that is", () => {
    law((world, wanted) => {
      const { steps, standby: usable } = plan(world, wanted, patience, NOW);
      const gone = steps.flatMap((step) => (step.action === "discard" ? [step.machine] : []));
      expect([...usable, ...gone]).to.have.members(world.standby);
      expect(usable.every(({ state, configHash }) => state !== "stopped" && configHash === "new")).to.equal(
        true,
      );
    });
  });
});
