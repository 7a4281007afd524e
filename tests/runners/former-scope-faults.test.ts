import { expect } from "chai";
import type { Demand } from "../../src/runners/plan.ts";
import type { Fleet } from "../../src/runners/creations.ts";
import { FakeProcess, fleetOf } from "./fake-process.ts";
import { FakeSite, SCOPE } from "./fake-site.ts";
import { unaborted } from "./signals.ts";
import { TestReplanning } from "./test-replanning.ts";

const HERE = "scope-2";

describe("RunnerManager, with jobs of a former scope that lets it register no runner", () => {
  let site: FakeSite;

  /** Jobs that wait: those of the present scope, and those of the former one. */
  const demandOf = (here: number, there: number): Demand => ({
    ...{ assigned: here + there, running: 0, idle: 0 },
    former: [{ scopeKey: SCOPE, waiting: there, missing: there }],
  });
  const fleet = (count: number, demand: Demand): Fleet => ({ ...fleetOf(count), demand });
  const scopesOf = () => [...site.machines.values()].map(({ scopeKey }) => scopeKey);
  const reconcile = (process: FakeProcess, wanted: Fleet) =>
    process.manager.reconcile(wanted, () => undefined, unaborted());

  beforeEach(() => {
    site = new FakeSite();
    site.recorded.set(SCOPE, site.now);
    site.isNeeded = () => true;
    site.barred.add(SCOPE);
  });

  it("gives the only place to a job of the present scope in the same round, and tells no failure", async () => {
    const process = new FakeProcess(site, {}, HERE);
    const report = await reconcile(process, fleet(1, demandOf(1, 1)));
    expect(scopesOf()).to.deep.equal([HERE]);
    expect(report).to.deep.include({ created: 1, failures: [], ofRemovals: [] });
    expect(site.mostMachines).to.equal(1);
    expect([...site.faults.keys()]).to.deep.equal([SCOPE]);
  });

  it("asks that scope for one runner, not for each of its jobs in turn", async () => {
    const process = new FakeProcess(site, { concurrency: 1 }, HERE);
    let asked = 0;
    process.calls.atEveryCall((_call, verb) => {
      if (verb === "forge.register") asked += 1;
    });
    const report = await reconcile(process, fleet(4, demandOf(2, 3)));
    expect(scopesOf()).to.deep.equal([HERE, HERE]);
    expect(report).to.deep.include({ created: 2, failures: [] });
    expect(asked).to.equal(3);
    expect(site.faults.get(SCOPE)).to.include({ failures: 1 });
  });

  it("spends none of a round's few attempts on it", async () => {
    const process = new FakeProcess(site, {}, HERE);
    const report = await reconcile(process, { ...fleet(2, demandOf(1, 1)), mostCreations: 1 });
    expect(scopesOf()).to.deep.equal([HERE]);
    expect(report).to.deep.include({ created: 1, failures: [] });
  });

  it("fills the place while other runners are still being created", async () => {
    const process = new FakeProcess(site, {}, HERE);
    // No runner is ready before both lists are read again.
    process.calls.beforeNext("forge.register", () => {
      process.calls.holdNext("machines.deliver", "forge.list");
    });
    const choice = {
      fleet: fleet(2, demandOf(2, 1)),
      replanning: new TestReplanning(),
      conclude: () => Promise.resolve(),
    };
    const report = await process.manager.reconcileChosen(
      () => Promise.resolve(choice),
      () => undefined,
      unaborted(),
    );
    expect(scopesOf()).to.deep.equal([HERE, HERE]);
    expect(report).to.deep.include({ created: 2, failures: [] });
  });

  it("leaves what is no fault of that scope a failure", async () => {
    site.barred.clear();
    const process = new FakeProcess(site, {}, HERE);
    process.calls.failNext("machines.launch", new Error("no space left"));
    const report = await reconcile(process, fleet(1, demandOf(0, 1)));
    expect(report.failures.map(({ message }) => message).join()).to.contain("no space left");
    expect(site.faults.size).to.equal(0);
  });

  it("takes an application for none that the scope is to blame for when GitHub refuses its version", async () => {
    site.barred.clear();
    site.endings.push(7);
    const report = await reconcile(new FakeProcess(site, {}, HERE), fleet(1, demandOf(0, 1)));
    expect(report).to.include({ versionRefused: true });
    expect(site.faults.size).to.equal(0);
  });

  it("blames the scope for a runner that registers there and does not come online, for jobs here get theirs", async () => {
    site.barred.clear();
    site.endings.push(1);
    const report = await reconcile(new FakeProcess(site, {}, HERE), fleet(1, demandOf(1, 1)));
    expect(scopesOf()).to.deep.equal([HERE]);
    expect(report).to.deep.include({ created: 1, failures: [] });
    expect([...site.faults.keys()]).to.deep.equal([SCOPE]);
  });

  it("forgets the fault with the first runner that is made there", async () => {
    site.barred.clear();
    site.faults.set(SCOPE, { failures: 2, nextTryAt: site.now, reason: "403", at: "registration" });
    await reconcile(new FakeProcess(site, {}, HERE), fleet(1, demandOf(0, 1)));
    expect(scopesOf()).to.deep.equal([SCOPE]);
    expect(site.faults.size).to.equal(0);
  });
});
