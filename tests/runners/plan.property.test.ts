import { expect } from "chai";
import fc from "fast-check";
import { LONGEST_JOB_MS } from "../../src/runners/job-claims.ts";
import { plan } from "../../src/runners/plan.ts";
import type { Machine } from "../../src/runners/ports.ts";
import type { World } from "../../src/runners/world.ts";
import {
  anyWanted,
  anyWorld,
  apply,
  keptUnder,
  machine,
  NOW,
  patience,
  removals,
  summary,
} from "./worlds.ts";

/** Whether a job of a busy runner can still run: GitHub ends older ones. */
function mayHaveJob({ busySince }: Machine): boolean {
  return busySince === undefined || NOW - busySince < LONGEST_JOB_MS;
}

/** A plan as a set: the order in which the steps stand means nothing. */
function asSet(world: World, count: number): { steps: string[]; creations: number } {
  const { steps, creations } = plan(world, { count, configHash: "new" }, patience, NOW);
  return { steps: steps.map(summary).sort(), creations };
}

describe("plan(), in any world", () => {
  const law = (check: (world: World, wanted: { count: number; configHash: string }) => void) => {
    fc.assert(fc.property(anyWorld, anyWanted, check), { numRuns: 1000 });
  };

  it("removes no live instance that has a job", () => {
    law((world, wanted) => {
      for (const { machine: removed, registration: its } of removals(
        plan(world, wanted, patience, NOW).steps,
      )) {
        const isLive = ["running", "frozen"].includes(removed.state);
        expect(its?.busy === true && isLive && mayHaveJob(removed), removed.name).to.be.false;
      }
    });
  });

  it("freezes before it deregisters whatever could take a job", () => {
    law((world, wanted) => {
      for (const step of plan(world, wanted, patience, NOW).steps) {
        const couldTakeJob =
          step.action === "destroy" &&
          step.registration !== undefined &&
          ["running", "frozen"].includes(step.machine.state);
        expect(couldTakeJob, summary(step)).to.be.false;
      }
    });
  });

  it("has the wanted number at the end, and more only where what exceeds it is busy or suspect", () => {
    law((world, wanted) => {
      const made = plan(world, wanted, patience, NOW);
      const kept = keptUnder(made, world);
      const immovable = kept.filter(({ name }) => {
        const its = world.registrations.find((each) => each.name === name);
        return its === undefined || its.busy;
      });
      expect(kept.length + made.creations).to.equal(Math.max(wanted.count, immovable.length));
    });
  });

  it("takes each instance and each registration away once, and does nothing else with it", () => {
    law((world, wanted) => {
      const { steps } = plan(world, wanted, patience, NOW);
      const gone = removals(steps).map((step) => step.machine.name);
      expect(new Set(gone).size).to.equal(gone.length);
      for (const step of steps) {
        if (step.action === "deregister") {
          expect(world.machines.some(({ name }) => name === step.registration.name)).to.be.false;
        } else if (["unfreeze", "note", "doubt"].includes(step.action)) {
          expect(gone).to.not.include(step.machine.name);
        }
      }
    });
  });

  it("speaks of nothing that is not in the world", () => {
    law((world, wanted) => {
      for (const step of plan(world, wanted, patience, NOW).steps) {
        if (step.action !== "deregister") expect(world.machines).to.include(step.machine);
        if ("registration" in step && step.registration) {
          expect(world.registrations).to.include(step.registration);
        }
      }
    });
  });

  it("has nothing more to do once it is carried out, and once more after the first successor", () => {
    law((world, wanted) => {
      let now = world;
      let made = plan(now, wanted, patience, NOW);
      const rounds = made.waiting > 0 ? 2 : 1;
      for (let round = 1; round <= rounds; round += 1) {
        now = apply(made, now, wanted);
        made = plan(now, wanted, patience, NOW);
      }
      // An outdated runner waits for a successor that has no registration yet.
      const isPending = made.waiting > 0 && made.creations === 0;
      if (isPending) return;
      // A runner is asked for its job each time.
      expect(made.steps.filter(({ action }) => action !== "doubt").map(summary)).to.deep.equal([]);
      expect(made.creations).to.equal(0);
    });
  });

  it("removes at most one working runner for a successor before one is online", () => {
    law((world, wanted) => {
      const { steps, isTrial } = plan(world, wanted, patience, NOW);
      const works = (name: string) => world.registrations.some((each) => each.name === name && each.online);
      const replaced = removals(steps).filter(
        ({ machine: { name, state }, reason }) =>
          state === "running" &&
          works(name) &&
          ["made with another configuration", "past its deadline"].includes(reason),
      );
      const isProven = keptUnder(plan(world, wanted, patience, NOW), world).some(
        ({ name, configHash, deadline }) =>
          configHash === "new" &&
          world.registrations.some(
            (each) => each.name === name && (each.busy || (each.online && deadline > NOW)),
          ),
      );
      const surplus = Math.max(0, world.machines.length - wanted.count);
      if (!isProven) expect(replaced.length).to.be.at.most(surplus + Number(isTrial));
    });
  });

  it("does not depend on the order of the lists", () => {
    const shuffled = anyWorld.chain((world) =>
      fc.record({
        world: fc.constant(world),
        machines: fc.shuffledSubarray([...world.machines], { minLength: world.machines.length }),
        registrations: fc.shuffledSubarray([...world.registrations], {
          minLength: world.registrations.length,
        }),
      }),
    );
    fc.assert(
      fc.property(shuffled, fc.nat(9), ({ world, ...other }, count) => {
        expect(asSet({ ...world, ...other }, count)).to.deep.equal(asSet(world, count));
      }),
      { numRuns: 1000 },
    );
  });

  it("touches no busy runner that lives, but to unfreeze it, to write something down or to ask for its job", () => {
    law((world, wanted) => {
      for (const step of plan(world, wanted, patience, NOW).steps) {
        const name = "machine" in step ? step.machine.name : step.registration.name;
        const its = world.machines.find((each) => each.name === name);
        const isBusy = world.registrations.some((each) => each.name === name && each.busy);
        const lives = its !== undefined && ["running", "frozen"].includes(its.state);
        if (isBusy && lives && mayHaveJob(its))
          expect(step.action, summary(step)).to.be.oneOf(["unfreeze", "note", "doubt"]);
        if (isBusy && !its) expect.fail(summary(step));
      }
    });
  });

  it("never has more live runners than wanted, but for those that it may not take away", () => {
    law((world, wanted) => {
      const made = plan(world, wanted, patience, NOW);
      if (made.creations > 0) {
        expect(keptUnder(made, world).length + made.creations).to.be.at.most(wanted.count);
      }
    });
  });

  it("counts runners that are being created, does nothing to them, and removes no idle one for them", () => {
    const anyCreations = fc.nat(4);
    const check = (world: World, some: { count: number; configHash: string }, coming: number) => {
      // Looks while runners are created remove none for a successor.
      const wanted = { ...some, successor: "refused" as const };
      const inCreation = Array.from({ length: coming }, (_, index) =>
        machine(`c${index}`, { phase: "creating" }),
      );
      const made = plan({ ...world, inCreation }, wanted, patience, NOW);
      const alone = plan(world, wanted, patience, NOW);
      for (const step of made.steps)
        if (step.action !== "deregister") expect(inCreation).not.to.include(step.machine);
      expect(made.creations).to.equal(Math.max(0, alone.creations - coming));
      const gone = ({ steps }: typeof made) => removals(steps).map(({ machine: { name } }) => name);
      expect(gone(alone)).to.include.members(gone(made));
    };
    fc.assert(fc.property(anyWorld, anyWanted, anyCreations, check), { numRuns: 1000 });
  });

  it("gives a reason for whatever it takes away", () => {
    law((world, wanted) => {
      for (const step of plan(world, wanted, patience, NOW).steps) {
        if (step.action !== "unfreeze" && step.action !== "note") expect(step.reason).to.match(/\w+ \w+/);
      }
    });
  });

  it("takes no more away for having more patience, as long as all that is left is wanted", () => {
    fc.assert(
      fc.property(anyWorld, fc.nat(1_000_000), fc.nat(1_000_000), (world, first, more) => {
        // With a number above all that is there nothing is surplus, which is no matter of patience.
        const wanted = { count: world.machines.length, configHash: "new" };
        const gone = (graceMs: number) =>
          removals(plan(world, wanted, { ...patience, graceMs }, NOW).steps).map(
            ({ machine: { name } }) => name,
          );
        expect(gone(first)).to.include.members(gone(first + more));
      }),
      { numRuns: 1000 },
    );
  });
});
