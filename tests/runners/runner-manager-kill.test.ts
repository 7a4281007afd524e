import { expect } from "chai";
import sinon from "sinon";
import type { Fleet } from "../../src/runners/creations.ts";
import { fleetOf, FakeProcess, options, runnerName } from "./fake-process.ts";
import { FakeSite } from "./fake-site.ts";
import { unaborted } from "./signals.ts";
import { TestReplanning } from "./test-replanning.ts";

const [A, B, C, D, E, F, G] = [1, 2, 3, 4, 5, 6, 7].map(runnerName) as [
  string,
  string,
  string,
  string,
  string,
  string,
  string,
];

/** Something that a process of the unit does, on a site that it finds. */
interface Scenario {
  readonly title: string;
  readonly site: () => FakeSite;
  readonly fleet: Fleet;
  readonly act: (process: FakeProcess, signal: AbortSignal) => Promise<unknown>;
}

function idleSite(...names: readonly string[]): FakeSite {
  const site = new FakeSite();
  for (const name of names) site.addRunner(name);
  return site;
}

function busySite(...names: readonly string[]): FakeSite {
  const site = idleSite(...names);
  for (const name of names) site.assignJob(name);
  return site;
}

/** One of everything that may be wrong, as far as one reconcile mends it. */
function messySite(): FakeSite {
  const site = idleSite(A, B, C);
  site.addRunner(D, { state: "stopped" }, { online: false });
  site.writeReport(D, { end: { status: "normal", code: undefined, at: site.now } });
  site.addMachine(E, { phase: "creating", state: "stopped" });
  site.addRegistration(F);
  site.addRunner(G, { phase: "creating" }, { online: false });
  site.changeMachine(B, { state: "frozen" });
  site.changeMachine(C, { state: "frozen" });
  site.assignJob(C);
  return site;
}

function reconciling(title: string, site: () => FakeSite, fleet: Fleet): Scenario {
  const act = (process: FakeProcess, signal: AbortSignal) =>
    process.manager.reconcile(fleet, () => undefined, signal);
  return { title, site, fleet, act };
}

const scenarios: readonly Scenario[] = [
  reconciling("making runners from nothing", () => idleSite(), fleetOf(3)),
  reconciling("scaling down", () => idleSite(A, B, C, D), fleetOf(1)),
  reconciling("scaling to none", () => idleSite(A, B, C), fleetOf(0)),
  reconciling("replacing runners with another configuration", () => idleSite(A, B, C), fleetOf(3, "hash-2")),
  reconciling("mending", messySite, fleetOf(4)),
  {
    title: "replacing runners that end while others are created",
    site: () => busySite(A, B),
    fleet: fleetOf(4),
    act: (process, signal) => {
      const { site } = process;
      const end = (name: string) => () => {
        if (!process.calls.isKilled && site.registrationOf(name)) site.finishJob(name);
        return fleetOf(4);
      };
      const replanning = new TestReplanning(end(A), () => fleetOf(4), end(B));
      const choose = () =>
        Promise.resolve({ fleet: fleetOf(4), replanning, conclude: () => Promise.resolve() });
      return process.manager.reconcileChosen(choose, () => undefined, signal);
    },
  },
  {
    title: "flushing idle runners",
    site: () => idleSite(A, B, C),
    fleet: fleetOf(3),
    act: (process, signal) => process.manager.flushIdle(signal),
  },
];

/** Every runner is whole, on both sides, of the right configuration, and they are as many as they should be. */
function expectSettled(site: FakeSite, fleet: Fleet, when: string): void {
  expect(site.registrationNames(), when).to.deep.equal(site.machineNames());
  const busy = [...site.registrations.values()].filter((registration) => registration.busy);
  expect(site.machines.size, when).to.equal(Math.max(fleet.count, busy.length));
  for (const machine of site.machines.values()) {
    expect(machine, when).to.include({ state: "running", phase: "ready" });
    if (!site.registrationOf(machine.name)?.busy) expect(machine.configHash, when).to.equal(fleet.configHash);
  }
}

/** What must hold at any time: no job was ended, and the number was never exceeded. */
function expectUnharmed(site: FakeSite, most: number, when: string): void {
  expect(site.killedJobs, when).to.deep.equal([]);
  expect(site.mostMachines, when).to.be.at.most(most);
}

async function nextReconcile(site: FakeSite, fleet: Fleet): Promise<readonly Error[]> {
  const { failures } = await new FakeProcess(site).manager.reconcile(fleet, () => undefined, unaborted());
  return failures;
}

/** Gives the first idle runner a job, as GitHub may at any instant. */
function assignAnyJob(site: FakeSite): void {
  const idle = [...site.registrations.values()].find(({ name, online, busy }) => {
    const isAlive = ["running", "frozen"].includes(site.machines.get(name)?.state ?? "");
    return online && !busy && isAlive;
  });
  if (idle) site.assignJob(idle.name);
}

/** Runs a scenario for each of its calls, and again between them, until there is no such call. */
async function atEveryCall(
  { site: makeSite, act }: Scenario,
  disturb: (process: FakeProcess, site: FakeSite, call: number) => AbortSignal,
  check: (site: FakeSite, when: string, mostAllowed: number) => Promise<void>,
): Promise<number> {
  for (let call = 1; ; call += 1) {
    const site = makeSite();
    const before = site.machines.size;
    const process = new FakeProcess(site);
    const signal = disturb(process, site, call);
    const ended = act(process, signal).catch(() => undefined);
    await Promise.race([ended, process.calls.killed]);
    await check(site, `disturbed at call ${call}`, before);
    if (process.calls.begun < call) return call - 1;
  }
}

describe("RunnerManager, disturbed at any point", function () {
  this.timeout(300_000);
  let clock: sinon.SinonFakeTimers;

  beforeEach(() => {
    // A killed process leaves its deadlines behind; they are not to keep this one alive.
    clock = sinon.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
  });

  afterEach(() => {
    clock.restore();
  });

  for (const scenario of scenarios) {
    const { title, fleet } = scenario;
    const settle = async (site: FakeSite, when: string, before: number) => {
      expect(await nextReconcile(site, fleet), when).to.deep.equal([]);
      expectSettled(site, fleet, when);
      expectUnharmed(site, Math.max(before, fleet.count), when);
    };

    for (const moment of ["before", "after"] as const) {
      it(`is mended by the next reconcile when killed ${moment} any call of ${title}`, async () => {
        const kill = (process: FakeProcess, _site: FakeSite, call: number) => {
          process.calls.killAt(call, moment);
          return unaborted();
        };
        expect(await atEveryCall(scenario, kill, settle)).to.be.above(5);
      });
    }

    it(`is mended by the next reconcile when aborted at any call of ${title}`, async () => {
      const abort = (process: FakeProcess, _site: FakeSite, call: number) => {
        const controller = new AbortController();
        process.calls.atEveryCall((current) => {
          if (current === call) controller.abort(new Error("the unit is stopping"));
        });
        return controller.signal;
      };
      await atEveryCall(scenario, abort, settle);
    });

    it(`is mended by the next reconcile when any call of ${title} fails`, async () => {
      const fail = (process: FakeProcess, _site: FakeSite, call: number) => {
        process.calls.atEveryCall((current) => {
          if (current === call) throw new Error("no answer");
        });
        return unaborted();
      };
      await atEveryCall(scenario, fail, settle);
    });

    it(`ends no job that is assigned at any call of ${title}, killed or not`, async () => {
      const most = (before: number) => Math.max(before, fleet.count);
      const finish = async (site: FakeSite, when: string, before: number) => {
        await nextReconcile(site, fleet);
        expectSettled(site, fleet, when);
        expectUnharmed(site, most(before), when);
        for (const { name, busy } of [...site.registrations.values()]) if (busy) site.finishJob(name);
        await nextReconcile(site, fleet);
        expectSettled(site, fleet, `${when}, jobs finished`);
      };
      for (let kill = 1; kill < 40; kill += 1) {
        const assign = (process: FakeProcess, site: FakeSite, call: number) => {
          process.calls.killAt(kill, "after");
          process.calls.atEveryCall((current) => {
            if (current === call) assignAnyJob(site);
          });
          return unaborted();
        };
        await atEveryCall(scenario, assign, finish);
      }
    });
  }

  it("leaves nothing at all when a flush of everything is killed at any call and no runner is wanted", async () => {
    const scenario: Scenario = {
      title: "flushing all",
      site: messySite,
      fleet: fleetOf(0),
      act: (process, signal) => process.manager.flushAll("busy", signal),
    };
    const kill = (process: FakeProcess, _site: FakeSite, call: number) => {
      process.calls.killAt(call, "after");
      return unaborted();
    };
    await atEveryCall(scenario, kill, async (site, when) => {
      await new FakeProcess(site).manager.flushAll("busy", unaborted());
      expect(site.machineNames(), when).to.deep.equal([]);
      expect(site.registrationNames(), "what GitHub holds for busy").to.deep.equal([C]);
    });
  });

  it("is mended however often it is killed in a row", async () => {
    const site = messySite();
    const fleet = fleetOf(4, "hash-2");
    const before = site.machines.size;
    for (let calls = 1; calls < 30; calls += 1) {
      const process = new FakeProcess(site);
      process.calls.killAt(calls % 7, calls % 2 === 0 ? "before" : "after");
      const ended = process.manager.reconcile(fleet, () => undefined, unaborted()).catch(() => undefined);
      await Promise.race([ended, process.calls.killed]);
      expectUnharmed(site, before, `after kill ${calls}`);
    }
    await nextReconcile(site, fleet);
    expectSettled(site, fleet, "after the last kill");
    expect(options.names.owns(site.machineNames()[0] ?? "")).to.equal(true);
  });
});
