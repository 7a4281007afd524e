import { expect } from "chai";
import type { Fleet } from "../../src/runners/creations.ts";
import { missingStandby } from "../../src/runners/standby-keeper.ts";
import { rejection } from "../support/rejection.ts";
import { FakeProcess, fleetOf, options, runnerName } from "./fake-process.ts";
import { FakeSite } from "./fake-site.ts";
import { unaborted } from "./signals.ts";

const [A, S, T] = [runnerName(1), runnerName(2), runnerName(3)];
const fleet = (count: number, standby = 1, configHash = "hash-1"): Fleet => ({
  ...fleetOf(count, configHash),
  standby,
});
const choose = (wanted: Fleet) => () => Promise.resolve(wanted);
const freezing = (site: FakeSite) => new FakeProcess(site, { freezesStandby: true });

function reconcile(process: FakeProcess, wanted: Fleet) {
  return process.manager.reconcile(wanted, () => undefined, unaborted());
}

async function makeUp(process: FakeProcess, wanted: Fleet): Promise<number> {
  for (;;) {
    const { standby, isDone } = await process.manager.makeUpStandby(choose(wanted), unaborted(), unaborted());
    if (isDone) return standby;
  }
}

describe("A wanted runner", () => {
  it("takes a standby instance, which is registered only then", async () => {
    const site = new FakeSite();
    site.addStandby(S, { createdAt: site.now - 3_600_000 });
    const process = freezing(site);
    const { counts, delta } = await reconcile(process, fleet(1));
    expect(counts).to.deep.include({ online: 1, names: [S], standby: 0 });
    expect(delta).to.equal(1);
    expect(site.standbyNames()).to.deep.equal([]);
    expect(site.registrationNames()).to.deep.equal([S]);
    expect(site.machines.get(S)).to.deep.include({
      state: "running",
      phase: "ready",
      scopeKey: "scope-1",
      createdAt: site.now,
      deadline: site.now + options.idleLifetimeMs,
    });
    expect(process.calls.made).to.not.include("machines.launch");
    expect(process.metrics.installedRunners).to.deep.equal([S]);
  });

  it("is created when no standby instance is left", async () => {
    const site = new FakeSite();
    site.addStandby(S);
    const { counts } = await reconcile(freezing(site), fleet(3));
    expect(counts.names).to.have.length(3).and.to.include(S);
    expect(site.mostMachines).to.equal(3);
  });

  it("becomes no standby instance again before its payload is delivered", async () => {
    const site = new FakeSite();
    site.addStandby(S);
    const process = freezing(site);
    process.calls.beforeNext("machines.deliver", () => {
      expect(site.standbyNames()).to.deep.equal([]);
    });
    await reconcile(process, fleet(1));
  });

  for (const verb of ["machines.take", "machines.deliver"] as const) {
    it(`is created anew when its standby instance fails at ${verb}`, async () => {
      const site = new FakeSite();
      site.addStandby(S);
      const process = freezing(site);
      process.calls.failNext(verb, new Error("the guest is gone"));
      const { counts, failures } = await reconcile(process, fleet(1));
      expect(failures).to.deep.equal([]);
      expect(counts).to.deep.include({ online: 1, standby: 0 });
      expect(counts.names).to.not.include(S);
      expect(site.registrationNames()).to.deep.equal(counts.names);
      expect(process.logLines.join("\n")).to.include("Cannot use a standby instance");
    });
  }

  it("is not tried a second time when GitHub refuses it", async () => {
    const site = new FakeSite();
    site.addStandby(S);
    const process = freezing(site);
    process.calls.failNext("forge.register", new Error("refused"));
    const { failures } = await reconcile(process, fleet(1));
    expect(failures).to.have.length(1);
    expect(site.registrationNames()).to.deep.equal([]);
    expect(process.calls.made.filter((verb) => verb === "machines.launch")).to.deep.equal([]);
  });

  it("keeps the metrics of standby instances beside its own", async () => {
    const site = new FakeSite();
    site.addRunner(A);
    site.addStandby(S);
    const process = freezing(site);
    await reconcile(process, fleet(1));
    expect(process.metrics.rounds[0]).to.deep.include({ runners: [A], standby: [S] });
  });
});

describe("A runner's successor", () => {
  it("takes a standby instance while LXD deletes what is left of the used runner", async () => {
    const site = new FakeSite();
    site.addMachine(A, { state: "stopped" });
    site.addStandby(S);
    const process = freezing(site);
    process.calls.holdNext("machines.delete", "machines.deliver");
    const { counts, delta } = await reconcile(process, fleet(1));
    expect(counts.names).to.deep.equal([S]);
    expect(delta).to.equal(1);
    expect(site.machineNames()).to.deep.equal([S]);
  });

  it("is not created before the used runner is gone where no standby instance is left", async () => {
    const site = new FakeSite();
    site.addMachine(A, { state: "stopped" });
    const process = freezing(site);
    await reconcile(process, fleet(1));
    expect(site.mostMachines).to.equal(1);
  });

  it("is not registered beside a registration that GitHub does not delete", async () => {
    const site = new FakeSite();
    site.addRegistration(A);
    site.addStandby(S);
    const process = freezing(site);
    process.calls.failNext("forge.deregister", new Error("no answer"));
    await reconcile(process, fleet(1));
    expect(site.registrationNames()).to.deep.equal([A]);
    expect(site.standbyNames()).to.deep.equal([S]);
  });
});

describe("makeUpStandby()", () => {
  it("makes what is wanted and lets it rest, without a call to GitHub", async () => {
    const site = new FakeSite();
    site.addRunner(A);
    const process = freezing(site);
    expect(await makeUp(process, fleet(1, 2))).to.equal(2);
    const made = [...site.standby.values()];
    expect(made.map(({ state, configHash }) => [state, configHash])).to.deep.equal([
      ["frozen", "hash-1"],
      ["frozen", "hash-1"],
    ]);
    expect(made[0]?.deadline).to.equal(site.now + options.idleLifetimeMs);
    expect(process.calls.made.filter((verb) => verb.startsWith("forge."))).to.deep.equal([]);
  });

  it("leaves them running where they are not to be frozen", async () => {
    const site = new FakeSite();
    await makeUp(new FakeProcess(site), fleet(1));
    expect([...site.standby.values()].map(({ state }) => state)).to.deep.equal(["running"]);
  });

  it("lets one rest that a killed process left running", async () => {
    const site = new FakeSite();
    site.addStandby(S, { state: "running" });
    await makeUp(freezing(site), fleet(1));
    expect(site.standby.get(S)?.state).to.equal("frozen");
  });

  it("does not freeze one that a runner takes while its system boots", async () => {
    const site = new FakeSite();
    site.addStandby(S, { state: "running" });
    const process = freezing(site);
    process.calls.beforeNext("machines.awaitStandby", () => {
      site.addRegistration(S, { online: true });
      site.takeStandby(S, { scopeKey: "scope-1", deadline: site.now + 1, createdAt: site.now });
    });
    await process.manager.makeUpStandby(choose(fleet(1, 0)), unaborted(), unaborted());
    expect(site.machines.get(S)?.state).to.equal("running");
  });

  it("removes one whose system does not come up, and tells why", async () => {
    const site = new FakeSite();
    site.addStandby(S, { state: "running" });
    const process = freezing(site);
    process.calls.failNext("machines.awaitStandby", new Error("no answer"));
    const thrown = await rejection(process.manager.makeUpStandby(choose(fleet(1)), unaborted(), unaborted()));
    expect(String(thrown)).to.include("no answer");
    expect(site.standbyNames()).to.deep.equal([]);
  });

  it("gives way while a system boots, and leaves it for later", async () => {
    const site = new FakeSite();
    site.addStandby(S, { state: "running" });
    const step = await freezing(site).manager.makeUpStandby(
      choose(fleet(1)),
      AbortSignal.abort(),
      unaborted(),
    );
    expect(step).to.deep.equal({ standby: 1, isDone: false });
    expect(site.standby.get(S)?.state).to.equal("running");
  });
});

describe("reconcile()", () => {
  const cases: readonly (readonly [
    title: string,
    standby: readonly ("frozen" | "running")[],
    isComplete: boolean,
  ])[] = [
    ["are all there and rest", ["frozen", "frozen"], true],
    ["are too few", ["frozen"], false],
    ["are still booting", ["frozen", "running"], false],
  ];
  for (const [title, states, isComplete] of cases) {
    it(`tells that standby instances ${title}, so that a step need not look again`, async () => {
      const site = new FakeSite();
      site.addRunner(A);
      for (const [index, state] of states.entries()) site.addStandby(runnerName(index + 2), { state });
      const process = freezing(site);
      const { isStandbyComplete } = await reconcile(process, fleet(1, 2));
      expect(isStandbyComplete).to.equal(isComplete);
      const step = await process.manager.makeUpStandby(choose(fleet(1, 2)), unaborted(), unaborted());
      expect(step.isDone).to.equal(isComplete);
    });
  }
});

describe("flushes", () => {
  it("take standby instances away", async () => {
    for (const mode of ["idle", "busy"] as const) {
      const site = new FakeSite();
      site.addRunner(A);
      site.addStandby(S);
      site.addStandby(T, { state: "running" });
      const { manager } = freezing(site);
      const report = await (mode === "idle"
        ? manager.flushIdle(unaborted())
        : manager.flushAll(mode, unaborted()));
      expect(report).to.deep.include({ flushed: 1, delta: -1 });
      expect([...site.machineNames(), ...site.standbyNames()]).to.deep.equal([]);
    }
  });
});

describe("missingStandby()", () => {
  const list = (standby: number, runners = 2) => {
    const site = new FakeSite();
    for (let index = 0; index < runners; index++) site.addMachine(runnerName(0x10 + index));
    for (let index = 0; index < standby; index++) site.addStandby(runnerName(0x20 + index));
    return { runners: [...site.machines.values()], standby: [...site.standby.values()] };
  };

  it("is what is wanted less what is there", () => {
    expect(missingStandby(list(1), fleet(2, 3))).to.equal(2);
    expect(missingStandby(list(3), fleet(2, 3))).to.equal(0);
  });

  it("counts one of another configuration as an instance, and not as a usable one", () => {
    expect(missingStandby(list(1), fleet(2, 1, "hash-2"))).to.equal(0);
    expect(missingStandby(list(1), fleet(2, 2, "hash-2"))).to.equal(1);
  });

  it("is what is wanted beside runners in place of lost ones, for which there is room", () => {
    const replacement = { ofUnit: 2, most: 1 };
    expect(missingStandby(list(0, 3), { ...fleet(2, 1), replacement })).to.equal(1);
    expect(missingStandby(list(0, 4), { ...fleet(2, 1), replacement })).to.equal(0);
  });

  it("is less beside runners that are too many", () => {
    expect(missingStandby(list(0, 3), fleet(2, 1))).to.equal(0);
    expect(missingStandby(list(0, 3), fleet(2, 2))).to.equal(1);
  });
});
