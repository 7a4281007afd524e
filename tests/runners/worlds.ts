import fc from "fast-check";
import type { Patience, Plan, Removal, Step, Wanted } from "../../src/runners/plan.ts";
import type { Machine, Registration } from "../../src/runners/ports.ts";
import { ENDED_JOB_MS, LONGEST_JOB_MS } from "../../src/runners/job-claims.ts";
import type { World } from "../../src/runners/world.ts";

/** The instant at which the plans of these tests are made. */
export const NOW = 2_000_000_000;
export const patience: Patience = { startUpMs: 300_000, graceMs: 90_000 };

/** A running, healthy instance that was made a minute ago. */
export function machine(name: string, change: Partial<Machine> = {}): Machine {
  return {
    name,
    state: "running",
    phase: "ready",
    configHash: "new",
    scopeKey: "here",
    createdAt: NOW - 60_000,
    deadline: NOW + 1_000_000,
    suspectSince: undefined,
    busySince: undefined,
    ...change,
  };
}

/** An idle registration, whose identifier is that of its name in base 36. */
export function registration(name: string, change: Partial<Registration> = {}): Registration {
  return { id: parseInt(name, 36), name, online: true, busy: false, ...change };
}

/** A step in a few words: `retire a: offline for too long`. */
export function summary(step: Step): string {
  switch (step.action) {
    case "retire":
    case "destroy":
    case "end":
    case "doubt":
    case "discard":
      return `${step.action} ${step.machine.name}: ${step.reason}`;
    case "deregister":
      return `deregister ${step.registration.name}: ${step.reason}`;
    case "unfreeze":
      return `unfreeze ${step.machine.name}`;
    case "note":
      return `note ${step.machine.name} ${JSON.stringify(step.note)}`;
  }
}

/** The removals of a plan: those that take an instance away. */
export function removals(steps: readonly Step[]): Removal[] {
  return steps.filter((step) => ["retire", "destroy", "end"].includes(step.action)) as Removal[];
}

/** The instances that live on under a plan. */
export function keptUnder({ steps }: Plan, world: World): Machine[] {
  const gone = new Set(removals(steps).map((step) => step.machine.name));
  return world.machines.filter(({ name }) => !gone.has(name));
}

/** The world as it is when every step and every creation of a plan succeeds. */
export function apply({ steps, creations }: Plan, world: World, wanted: Wanted): World {
  const machines = new Map(world.machines.map((each) => [each.name, each]));
  const registrations = new Map(world.registrations.map((each) => [each.id, each]));
  for (const step of steps) take(step, machines, registrations);
  for (let index = 0; index < creations; index += 1) {
    const id = Math.min(0, ...registrations.keys()) - 1;
    const name = `new${id}`;
    machines.set(name, machine(name, { configHash: wanted.configHash, createdAt: NOW }));
    registrations.set(id, registration(name, { id }));
  }
  return { ...world, machines: [...machines.values()], registrations: [...registrations.values()] };
}

function take(step: Step, machines: Map<string, Machine>, registrations: Map<number, Registration>): void {
  // GitHub keeps the registration of a runner that it holds for busy.
  const deregister = (gone: Registration | undefined) => {
    if (gone && !gone.busy) registrations.delete(gone.id);
  };
  switch (step.action) {
    case "deregister":
      deregister(step.registration);
      break;
    case "retire":
    case "destroy":
    case "end":
    case "discard":
      machines.delete(step.machine.name);
      deregister(step.registration);
      break;
    case "doubt":
      break;
    case "unfreeze":
    case "note": {
      const before = machines.get(step.machine.name);
      if (!before) throw new Error(`A removed instance cannot ${step.action}`);
      machines.set(before.name, changed(before, step));
    }
  }
}

function changed(before: Machine, step: Step & { action: "unfreeze" | "note" }): Machine {
  if (step.action === "unfreeze") return { ...before, state: "running" };
  const { phase = before.phase, suspectSince, busySince } = step.note;
  return {
    ...before,
    phase,
    suspectSince: suspectSince === undefined ? before.suspectSince : (suspectSince ?? undefined),
    busySince: busySince === undefined ? before.busySince : (busySince ?? undefined),
  };
}

/** Few enough that runners of one age are common. */
const instant = fc.constantFrom(NOW, NOW - 1, NOW - 90_000, NOW - 299_999, NOW - 300_000, NOW - 1_000_000);

/** An instance, its registration, or both, of one name, in any state at all. */
function anyRunner(name: string): fc.Arbitrary<World> {
  const anyMachine = fc.record<Machine>({
    name: fc.constant(name),
    state: fc.constantFrom("running", "running", "frozen", "stopped", "error"),
    phase: fc.constantFrom("creating", "ready", "ready"),
    configHash: fc.constantFrom("new", "new", "old"),
    scopeKey: fc.constantFrom("here", "here", "lost"),
    createdAt: instant,
    deadline: fc.integer({ min: NOW - 1000, max: NOW + 1_000_000 }),
    suspectSince: fc.option(instant, { nil: undefined }),
    busySince: fc.option(
      fc.constantFrom(NOW, NOW - ENDED_JOB_MS, NOW - LONGEST_JOB_MS + 1, NOW - LONGEST_JOB_MS),
      {
        nil: undefined,
      },
    ),
  });
  const anyRegistration = fc.record<Registration>({
    id: fc.constant(parseInt(name, 36)),
    name: fc.constant(name),
    online: fc.boolean(),
    busy: fc.boolean(),
  });
  const idle = instant.map((createdAt) => ({
    machines: [machine(name, { createdAt })],
    registrations: [registration(name)],
  }));
  const anything = fc
    .tuple(fc.option(anyMachine, { freq: 8 }), fc.option(anyRegistration, { freq: 5 }))
    .map(([one, other]) => ({ machines: one ? [one] : [], registrations: other ? [other] : [] }));
  // Without many healthy runners, few worlds have a choice of which to take away.
  return fc.oneof({ arbitrary: idle, weight: 1 }, { arbitrary: anything, weight: 2 });
}

/** Up to nine runners, or halves of runners. */
export const anyWorld: fc.Arbitrary<World> = fc.integer({ min: 0, max: 9 }).chain((count) =>
  fc.tuple(...Array.from({ length: count }, (_, index) => anyRunner(`r${index}`))).map((runners) => ({
    machines: runners.flatMap(({ machines }) => machines),
    registrations: runners.flatMap(({ registrations }) => registrations),
    lostScopes: new Set(["lost"]),
  })),
);

export const anyWanted: fc.Arbitrary<Wanted> = fc.record({
  count: fc.integer({ min: 0, max: 9 }),
  configHash: fc.constant("new"),
});
