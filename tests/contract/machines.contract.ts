import { expect } from "chai";
import type { Machine, Machines, MachineSpec, StandbyMachine } from "../../src/runners/ports.ts";
import { Secret } from "charm-kit";

/** An implementation of {@link Machines} with what a test needs around it. */
export interface MachinesFixture {
  readonly machines: Machines;
  /** A template and profiles whose clones start, and accept a payload that begins with the line `listening`. */
  readonly source: Pick<MachineSpec, "template" | "profiles">;
  /** A name that nothing has. */
  freshName(): string;
  /** The time by the clock that instances are dated with, in milliseconds since the Unix epoch. */
  now(): number;
  /** Makes the next start of an instance fail, and returns a specification for it. */
  unstartable(spec: MachineSpec): MachineSpec;
  /** Makes a running instance that is none of the unit's runners, and returns its name. */
  addStranger(): Promise<string>;
  /** Whether an instance of any owner is there. */
  exists(name: string): Promise<boolean>;
  /** Ends an instance in a way that leaves it stopped. */
  stop(name: string): Promise<void>;
  /** Has the guest end itself, and does not wait for it. */
  powerOff(name: string): Promise<void>;
  dispose(): Promise<void>;
}

const NEVER = new AbortController().signal;
const DEADLINE = 1_900_000_000_000;

/** What every implementation of {@link Machines} does. Each test gets a fixture of its own. */
export function describeMachines(make: () => Promise<MachinesFixture>): void {
  let fixture: MachinesFixture;
  let machines: Machines;

  beforeEach(async () => {
    fixture = await make();
    ({ machines } = fixture);
  });
  afterEach(() => fixture.dispose());

  const specOf = (name: string): MachineSpec => ({
    name,
    ...fixture.source,
    configHash: "hash-1",
    scopeKey: "scope-1",
    deadline: DEADLINE,
  });
  const launch = async (): Promise<string> => {
    const name = fixture.freshName();
    await machines.launch(specOf(name), NEVER);
    return name;
  };
  const find = async (name: string): Promise<Machine | undefined> =>
    (await machines.list(NEVER)).runners.find((machine) => machine.name === name);
  const launchStandby = async (): Promise<string> => {
    const name = fixture.freshName();
    await machines.launchStandby(specOf(name), NEVER);
    return name;
  };
  const findStandby = async (name: string): Promise<StandbyMachine | undefined> =>
    (await machines.list(NEVER)).standby.find((machine) => machine.name === name);
  const stateOf = async (name: string): Promise<string> => (await find(name))?.state ?? "absent";

  describe("list()", () => {
    it("shows a launched runner with all that it was launched with", async () => {
      const name = await launch();
      const { createdAt, ...machine } = (await find(name)) ?? expect.fail("it is not listed");
      expect(machine).to.deep.equal({
        name,
        state: "running",
        phase: "creating",
        configHash: "hash-1",
        scopeKey: "scope-1",
        deadline: DEADLINE,
        suspectSince: undefined,
        busySince: undefined,
      });
      expect(createdAt).to.be.within(fixture.now() - 60_000, fixture.now() + 1000);
    });

    it("shows each runner once, and nothing of others", async () => {
      const names = [await launch(), await launch()];
      await fixture.addStranger();
      const listed = await machines.list(NEVER);
      expect(listed.runners.map(({ name }) => name)).to.have.members(names);
    });
  });

  describe("launch()", () => {
    it("leaves nothing when there is no such template", async () => {
      const name = fixture.freshName();
      const missing = { ...specOf(name), template: fixture.freshName() };
      expect(await failure(machines.launch(missing, NEVER))).to.be.instanceOf(Error);
      expect(await fixture.exists(name)).to.equal(false);
    });

    it("leaves nothing when the clone does not start", async () => {
      const name = fixture.freshName();
      expect(await failure(machines.launch(fixture.unstartable(specOf(name)), NEVER))).to.be.instanceOf(
        Error,
      );
      expect(await fixture.exists(name)).to.equal(false);
    });

    it("leaves the runner alone that has the name already", async () => {
      const name = await launch();
      const before = await find(name);
      const again = { ...specOf(name), configHash: "hash-2" };
      expect(await failure(machines.launch(again, NEVER))).to.be.instanceOf(Error);
      expect(await find(name)).to.deep.equal(before);
    });

    it("leaves the instance of another owner alone that has the name already", async () => {
      const name = await fixture.addStranger();
      expect(await failure(machines.launch(specOf(name), NEVER))).to.be.instanceOf(Error);
      expect(await fixture.exists(name)).to.equal(true);
      expect(await stateOf(name)).to.equal("absent");
    });

    it("makes many side by side", async () => {
      const names = Array.from({ length: 3 }, () => fixture.freshName());
      await Promise.all(names.map((name) => machines.launch(specOf(name), NEVER)));
      expect(await Promise.all(names.map(stateOf))).to.deep.equal(["running", "running", "running"]);
    });
  });

  describe("launchStandby()", () => {
    it("makes an instance that runs, is listed apart, and has no scope", async () => {
      const name = await launchStandby();
      const { createdAt, ...standby } = (await findStandby(name)) ?? expect.fail("it is not listed");
      expect(standby).to.deep.equal({
        name,
        state: "running",
        phase: "standby",
        configHash: "hash-1",
        deadline: DEADLINE,
      });
      expect(createdAt).to.be.within(fixture.now() - 60_000, fixture.now() + 1000);
      expect(await find(name)).to.equal(undefined);
    });

    it("makes an instance that can be frozen and destroyed", async () => {
      const name = await launchStandby();
      await machines.awaitStandby(name, NEVER);
      await machines.freeze(name, NEVER);
      expect((await findStandby(name))?.state).to.equal("frozen");
      await machines.destroy(name, NEVER);
      expect(await fixture.exists(name)).to.equal(false);
    });
  });

  describe("awaitStandby()", () => {
    it("fails for an instance that is not there", async () => {
      expect(await failure(machines.awaitStandby(fixture.freshName(), NEVER))).to.be.instanceOf(Error);
    });
  });

  describe("take()", () => {
    const taking = { scopeKey: "scope-2", deadline: DEADLINE + 1, createdAt: 1_800_000_000_000 };
    for (const [state, rest] of [
      ["runs", false],
      ["rests", true],
    ] as const) {
      it(`makes an instance that ${state} a runner that is being created, in its state`, async () => {
        const [name, other] = [await launchStandby(), await launchStandby()];
        if (rest) await machines.freeze(name, NEVER);
        await machines.take(name, taking, NEVER);
        expect(await find(name)).to.deep.equal({
          name,
          state: rest ? "frozen" : "running",
          phase: "creating",
          configHash: "hash-1",
          suspectSince: undefined,
          busySince: undefined,
          ...taking,
        });
        await machines.unfreeze(name, NEVER);
        expect((await machines.list(NEVER)).standby.map((each) => each.name)).to.deep.equal([other]);
        expect(await machines.deliver(name, new Secret("listening\n"), NEVER)).to.equal("listening");
      });
    }

    it("fails for an instance that is not there", async () => {
      expect(await failure(machines.take(fixture.freshName(), taking, NEVER))).to.be.instanceOf(Error);
    });
  });

  describe("deliver()", () => {
    it("resolves once the application listens", async () => {
      const name = await launch();
      expect(await machines.deliver(name, new Secret("listening\n"), NEVER)).to.equal("listening");
      expect(await stateOf(name)).to.equal("running");
    });

    it("fails for an instance that does not run, or is not there", async () => {
      const name = await launch();
      await fixture.stop(name);
      const payload = new Secret("listening\n");
      expect(await failure(machines.deliver(name, payload, NEVER))).to.be.instanceOf(Error);
      expect(await failure(machines.deliver(fixture.freshName(), payload, NEVER))).to.be.instanceOf(Error);
    });
  });

  describe("note()", () => {
    it("changes what it names, and nothing else", async () => {
      const name = await launch();
      const before = await find(name);
      await machines.note(name, { phase: "ready" }, NEVER);
      expect(await find(name)).to.deep.equal({ ...before, phase: "ready" });
      await machines.note(name, { suspectSince: 1_800_000_000_000 }, NEVER);
      expect(await find(name)).to.deep.equal({ ...before, phase: "ready", suspectSince: 1_800_000_000_000 });
      await machines.note(name, { suspectSince: null, busySince: 1_800_000_000_001 }, NEVER);
      expect(await find(name)).to.deep.equal({ ...before, phase: "ready", busySince: 1_800_000_000_001 });
      await machines.note(name, { busySince: null }, NEVER);
      expect(await find(name)).to.deep.equal({ ...before, phase: "ready" });
    });

    it("changes nothing when it names nothing", async () => {
      const name = await launch();
      const before = await find(name);
      await machines.note(name, {}, NEVER);
      expect(await find(name)).to.deep.equal(before);
    });

    it("works on a frozen and on a stopped instance", async () => {
      const [frozen, stopped] = [await launch(), await launch()];
      await machines.freeze(frozen, NEVER);
      await fixture.stop(stopped);
      for (const name of [frozen, stopped]) {
        await machines.note(name, { phase: "ready" }, NEVER);
        expect((await find(name))?.phase).to.equal("ready");
      }
    });

    it("fails for an instance that is not there", async () => {
      const noted = machines.note(fixture.freshName(), { phase: "ready" }, NEVER);
      expect(await failure(noted)).to.be.instanceOf(Error);
    });
  });

  describe("freeze() and unfreeze()", () => {
    it("freeze and unfreeze an instance, once or twice", async () => {
      const name = await launch();
      await machines.freeze(name, NEVER);
      await machines.freeze(name, NEVER);
      expect(await stateOf(name)).to.equal("frozen");
      await machines.unfreeze(name, NEVER);
      await machines.unfreeze(name, NEVER);
      expect(await stateOf(name)).to.equal("running");
    });

    it("leave a stopped instance as it is", async () => {
      const name = await launch();
      await fixture.stop(name);
      await machines.freeze(name, NEVER);
      await machines.unfreeze(name, NEVER);
      expect(await stateOf(name)).to.equal("stopped");
    });

    it("take an instance that is not there as it is", async () => {
      const name = fixture.freshName();
      await machines.freeze(name, NEVER);
      await machines.unfreeze(name, NEVER);
      expect(await stateOf(name)).to.equal("absent");
    });

    it("take an instance as it is that ends itself meanwhile", async () => {
      const name = await launch();
      await fixture.powerOff(name);
      await machines.freeze(name, NEVER);
      await machines.unfreeze(name, NEVER);
      await machines.destroy(name, NEVER);
      expect(await fixture.exists(name)).to.equal(false);
    });
  });

  describe("inspect()", () => {
    it("sees an idle runner wait", async () => {
      const name = await launch();
      await machines.deliver(name, new Secret("listening\n"), NEVER);
      expect(await machines.inspect(name, NEVER)).to.equal("waiting");
    });

    it("knows nothing of a stopped one and of one that is not there", async () => {
      const name = await launch();
      await fixture.stop(name);
      expect(await machines.inspect(name, NEVER)).to.equal("unknown");
      expect(await machines.inspect(fixture.freshName(), NEVER)).to.equal("unknown");
    });
  });

  describe("destroy()", () => {
    it("leaves an instance alone that is none of the unit's runners", async () => {
      const name = await fixture.addStranger();
      await machines.destroy(name, NEVER);
      expect(await fixture.exists(name)).to.equal(true);
    });

    const states: readonly (readonly [string, (name: string) => Promise<unknown>])[] = [
      ["runs", () => Promise.resolve()],
      ["is frozen", (name) => machines.freeze(name, NEVER)],
      ["is stopped", (name) => fixture.stop(name)],
      ["is just powering off", (name) => fixture.powerOff(name)],
      ["is gone already", (name) => machines.destroy(name, NEVER)],
    ];
    for (const [title, bring] of states) {
      it(`leaves nothing of an instance that ${title}`, async () => {
        const [name, other] = [await launch(), await launch()];
        await bring(name);
        await machines.destroy(name, NEVER);
        expect(await fixture.exists(name)).to.equal(false);
        expect(await stateOf(other)).to.equal("running");
      });
    }

    it("counts an instance that never was as destroyed", async () => {
      await machines.destroy(fixture.freshName(), NEVER);
      expect(await machines.list(NEVER)).to.deep.include({ runners: [], standby: [] });
    });

    it("may be asked for by several at a time", async () => {
      const name = await launch();
      await Promise.all([machines.destroy(name, NEVER), machines.destroy(name, NEVER)]);
      expect(await fixture.exists(name)).to.equal(false);
    });

    it("frees the name", async () => {
      const name = await launch();
      await machines.destroy(name, NEVER);
      await machines.launch(specOf(name), NEVER);
      expect(await stateOf(name)).to.equal("running");
    });
  });

  it("does nothing for a signal that is aborted, and rejects with its reason", async () => {
    const name = await launch();
    const before = await find(name);
    const unborn = fixture.freshName();
    const reason = new Error("the unit is stopping");
    const signal = AbortSignal.abort(reason);
    const calls = [
      machines.list(signal),
      machines.launch(specOf(unborn), signal),
      machines.launchStandby(specOf(unborn), signal),
      machines.awaitStandby(name, signal),
      machines.take(name, { scopeKey: "", deadline: DEADLINE, createdAt: 0 }, signal),
      machines.deliver(name, new Secret("listening\n"), signal),
      machines.note(name, { phase: "ready" }, signal),
      machines.freeze(name, signal),
      machines.unfreeze(name, signal),
      machines.destroy(name, signal),
    ];
    for (const fault of await Promise.all(calls.map(failure))) expect(fault).to.equal(reason);
    expect(await find(name)).to.deep.equal(before);
    expect(await fixture.exists(unborn)).to.equal(false);
  });
}

/** What a promise is rejected with, or nothing. */
async function failure(promise: Promise<unknown>): Promise<unknown> {
  return promise.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
}
