import { expect } from "chai";
import type { Fleet } from "../../src/runners/creations.ts";
import type { ObservedRunners, Replanning } from "../../src/runners/plan-execution.ts";
import type { FlushReport, ReconcileReport } from "../../src/runners/runner-manager.ts";
import { fleetOf, FakeProcess, runnerName } from "./fake-process.ts";
import { FakeSite } from "./fake-site.ts";
import { SiteLock } from "./histories/site-lock.ts";
import { never, TestReplanning } from "./test-replanning.ts";
import { unaborted } from "./signals.ts";

const [A, B] = [runnerName(1), runnerName(2)];

function reconcile(process: FakeProcess, fleet: Fleet, replanning: Replanning): Promise<ReconcileReport> {
  const choice = { fleet, replanning, conclude: () => Promise.resolve() };
  return process.manager.reconcileChosen(
    () => Promise.resolve(choice),
    () => undefined,
    unaborted(),
  );
}

describe("RunnerManager, while it creates runners", () => {
  it("refills the place of a runner that ends before the others are created", async () => {
    const site = new FakeSite();
    site.addRunner(A);
    site.assignJob(A);
    const process = new FakeProcess(site);
    // The slowest creation is not ready before the other runner is gone.
    process.calls.holdNext("machines.deliver", "machines.delete");
    const replanning = new TestReplanning(() => {
      site.finishJob(A);
      return fleetOf(2);
    });
    const report = await reconcile(process, fleetOf(2), replanning);
    expect(report).to.deep.include({ created: 2, failures: [], delta: 1 });
    expect(report.counts).to.deep.include({ online: 2, names: site.machineNames() });
    expect(site.machineNames()).to.have.length(2).and.not.include(A);
    expect(site.mostMachines).to.equal(2);
    expect(process.metrics.rounds.map(({ runners }) => runners)).to.deep.equal([site.machineNames()]);
  });

  it("counts each runner that is being created once, and leaves it alone, at whatever stage it is", async () => {
    const site = new FakeSite();
    for (const standby of [A, B]) site.addStandby(standby);
    const process = new FakeProcess(site);
    const replanning = new TestReplanning(
      ...Array<() => Fleet>(40).fill(() => ({ ...fleetOf(5), standby: 2 })),
    );
    const report = await reconcile(process, { ...fleetOf(5), standby: 2 }, replanning);
    expect(report).to.deep.include({ created: 5, failures: [] });
    expect(replanning.observations.length).to.be.above(3);
    expect(site.machines.size).to.equal(5);
    expect(site.mostMachines).to.equal(5);
    expect(process.calls.made).to.not.include("machines.destroy");
    expect(process.calls.made).to.not.include("forge.deregister");
  });

  it("leaves a standby instance alone that a runner is about to take, though no other is wanted", async () => {
    const site = new FakeSite();
    site.addStandby(A);
    const process = new FakeProcess(site);
    process.calls.holdNext("machines.take", "forge.list");
    const replanning = new TestReplanning(() => {
      process.calls.holdNext("machines.take", "forge.list");
      return fleetOf(1);
    });
    const report = await reconcile(process, fleetOf(1), replanning);
    expect(report).to.deep.include({ created: 1, failures: [] });
    expect(replanning.observations).to.have.length(1);
    expect(site.machineNames()).to.deep.equal([A]);
    expect(process.calls.made).to.not.include("machines.destroy");
  });

  it("counts a runner once whose standby instance is of no use, so that another instance is made for it", async () => {
    const site = new FakeSite();
    site.addStandby(A);
    const process = new FakeProcess(site);
    process.calls.beforeNext("machines.take", () => {
      site.standby.delete(A);
    });
    const replanning = new TestReplanning(...Array<() => Fleet>(40).fill(() => fleetOf(2)));
    const report = await reconcile(process, fleetOf(2), replanning);
    expect(report).to.deep.include({ created: 2, failures: [] });
    expect(site.mostMachines).to.equal(2);
    expect(site.registrationNames()).to.deep.equal(site.machineNames());
  });

  it("creates those that are wanted meanwhile, removes no idle one for those that are under way, and tells its progress", async () => {
    const site = new FakeSite();
    site.addRunner(A);
    const process = new FakeProcess(site);
    process.calls.holdNext("machines.deliver", "machines.launch");
    const demand = (assigned: number): Fleet => ({
      ...fleetOf(4),
      demand: { assigned, running: 0, idle: 0 },
    });
    // One job more, and then one less.
    const replanning = new TestReplanning(
      () => demand(3),
      () => demand(2),
    );
    const seen: string[] = [];
    const choice = { fleet: demand(2), replanning, conclude: () => Promise.resolve() };
    const { created } = await process.manager.reconcileChosen(
      () => Promise.resolve(choice),
      (done, total) => seen.push(`${done}/${total}`),
      unaborted(),
    );
    expect(created).to.equal(2);
    expect(site.machineNames()).to.have.length(3).and.include(A);
    expect(seen).to.deep.equal(["0/1", "0/2", "1/2", "2/2"]);
  });

  it("tells what each further plan is made for", async () => {
    const site = new FakeSite();
    site.addRunner(A);
    const process = new FakeProcess(site);
    const replanning = new TestReplanning(() => fleetOf(2));
    await reconcile(process, fleetOf(2), replanning);
    const [first] = replanning.observations as [ObservedRunners];
    expect(first.counts).to.deep.include({ online: 1 });
    expect(first.runners.map(({ name }) => name)).to.include(A);
  });

  it("creates no more once a creation has failed, and waits for those under way", async () => {
    const site = new FakeSite();
    const process = new FakeProcess(site);
    process.calls.failNext("machines.launch", new Error("no space left on device"));
    const replanning = new TestReplanning(...Array<() => Fleet>(40).fill(() => fleetOf(8)));
    const report = await reconcile(process, fleetOf(2), replanning);
    expect(report.failures.map(({ message }) => message).join()).to.include("no space left");
    expect(report.created).to.be.below(8);
    expect(site.registrationNames()).to.deep.equal(site.machineNames());
  });

  it("creates no more once a runner has ended at once", async () => {
    const site = new FakeSite();
    site.addRunner(A);
    site.assignJob(A);
    const process = new FakeProcess(site);
    process.calls.holdNext("machines.deliver", "machines.delete");
    let looked = 0;
    const crash = () => {
      looked += 1;
      site.registrations.clear();
      site.changeMachine(A, { state: "stopped" });
      site.vanished.add(A);
      return fleetOf(2);
    };
    const report = await reconcile(process, fleetOf(2), new TestReplanning(crash, crash, crash));
    expect(looked).to.equal(1);
    expect(report.ended).to.have.length(1);
  });

  it("leaves a plan that fails to the next reconcile", async () => {
    const site = new FakeSite();
    const process = new FakeProcess(site);
    const replanning = new TestReplanning(() => {
      process.calls.failNext("forge.list", new Error("GitHub answered 502"));
      return fleetOf(1);
    });
    const report = await reconcile(process, fleetOf(1), replanning);
    expect(report).to.deep.include({ created: 1, failures: [] });
    expect(process.logLines.join("\n")).to.include("GitHub answered 502");
  });

  it("waits for no reason to plan again once all runners are created, or where none is", async () => {
    const site = new FakeSite();
    let waits = 0;
    const aborted: unknown[] = [];
    const replanning: Replanning = {
      observed: () => undefined,
      next: (signal) => {
        waits += 1;
        signal.addEventListener("abort", () => aborted.push(signal.reason));
        return never(signal);
      },
    };
    const process = new FakeProcess(site);
    await reconcile(process, fleetOf(1), replanning);
    expect(aborted).to.have.length(1);
    await reconcile(process, fleetOf(1), replanning);
    expect(waits).to.equal(1);
  });

  it("removes no working runner for a successor that is not online yet", async () => {
    const site = new FakeSite();
    for (const name of [A, B]) site.addRunner(name);
    const process = new FakeProcess(site);
    let online = 2;
    process.calls.atEveryCall(() => {
      const now = [...site.registrations.values()].filter((each) => each.online).length;
      online = Math.min(online, now);
    });
    const replanning = new TestReplanning(...Array<() => Fleet>(10).fill(() => fleetOf(2, "hash-2")));
    await reconcile(process, fleetOf(2, "hash-2"), replanning);
    expect(online).to.equal(1);
    expect([...site.machines.values()].map(({ configHash }) => configHash)).to.deep.equal([
      "hash-2",
      "hash-2",
    ]);
  });

  /** A reconcile, and a flush that waits for its turn. */
  const sharing = (site: FakeSite) => {
    const lock = new SiteLock().for(() => new Promise(() => undefined));
    return [new FakeProcess(site, {}, undefined, lock), new FakeProcess(site, {}, undefined, lock)] as const;
  };

  it("makes no further plan once another process waits for its turn, whatever is wanted by then", async () => {
    const site = new FakeSite();
    const [process, other] = sharing(site);
    let flush: Promise<FlushReport> | undefined;
    const replanning = new TestReplanning(
      () => {
        flush = other.manager.flushIdle(unaborted());
        return fleetOf(3);
      },
      () => fleetOf(4),
    );
    const report = await reconcile(process, fleetOf(2), replanning);
    expect(report).to.deep.include({ created: 2, failures: [] });
    expect(replanning.observations).to.deep.equal([]);
    expect(await flush).to.deep.include({ flushed: 2 });
  });

  it("waits for no reason to plan again once another process waits for its turn", async () => {
    const site = new FakeSite();
    const [process, other] = sharing(site);
    const order: string[] = [];
    let flush: Promise<FlushReport> | undefined;
    process.calls.afterNext("machines.deliver", () => order.push("a runner has begun"));
    const replanning: Replanning = {
      next: (signal) => {
        signal.addEventListener("abort", () => order.push("no further plan"));
        flush = other.manager.flushIdle(unaborted());
        return never(signal);
      },
      observed: () => undefined,
    };
    expect(await reconcile(process, fleetOf(1), replanning)).to.deep.include({ created: 1, failures: [] });
    expect(order).to.deep.equal(["no further plan", "a runner has begun"]);
    expect(await flush).to.deep.include({ flushed: 1 });
  });
});
