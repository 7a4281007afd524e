import { expect } from "chai";
import { RunnerVanishedError } from "../../src/runners/errors.ts";
import { verdictOn } from "../../src/runners/post-mortem.ts";
import type { GuestReport, Machine } from "../../src/runners/ports.ts";
import { earlyEndsAfter } from "../../src/unit/early-ends.ts";
import { FakeProcess, fleetOf } from "./fake-process.ts";
import { FakeSite } from "./fake-site.ts";
import { unaborted } from "./signals.ts";

const JOB = { repository: "octo/hello", workflow: "CI", runId: 7, at: 0 };

const reconcile = (process: FakeProcess, count: number) =>
  process.manager.reconcile(fleetOf(count), () => undefined, unaborted());

/** A site with runners that a reconcile has created and that listen for jobs. */
async function siteOf(count: number): Promise<FakeSite> {
  const site = new FakeSite();
  await reconcile(new FakeProcess(site), count);
  for (const name of site.machineNames()) site.writeReport(name);
  return site;
}

const crash = (site: FakeSite, name: string, change: Partial<Machine> = {}) => {
  site.stopMachine(name);
  site.changeMachine(name, change);
};

describe("PostMortem", () => {
  it("keeps a capsule of a runner whose instance stopped without a word, and says so", async () => {
    const site = await siteOf(2);
    const [lost = ""] = site.machineNames();
    site.pass(42_000);
    crash(site, lost);
    const process = new FakeProcess(site);
    const { ended, failures, counts } = await reconcile(process, 2);
    expect(process.logs.capsules.map(({ runner, cause }) => [runner, cause])).to.deep.equal([
      [lost, "its instance stopped without a word"],
    ]);
    expect(process.logs.capsules[0]?.machine?.name, "what LXD listed last").to.equal(lost);
    expect(ended.map(({ name, code }) => [name, code])).to.deep.equal([[lost, undefined]]);
    expect(failures).to.have.length(1);
    expect(failures[0])
      .to.be.instanceOf(RunnerVanishedError)
      .with.property(
        "message",
        `Cannot keep runner '${lost}': after 42 s without a job its instance stopped without a word`,
      );
    expect(counts.names).to.have.length(2).and.not.include(lost);
    expect((await reconcile(new FakeProcess(site), 2)).failures, "it is told once").to.deep.equal([]);
  });

  it("keeps capsules of all runners whose application died, with what it said last", async () => {
    const site = await siteOf(8);
    for (const name of site.machineNames()) {
      const end = { status: "abnormal", code: 3, at: site.now };
      site.writeReport(name, { end, output: "Out of cheese", isEarly: true });
      crash(site, name);
    }
    const process = new FakeProcess(site);
    await reconcile(process, 8);
    expect(process.logs.capsules).to.have.length(8);
    expect(process.logs.capsules[0]?.cause).to.equal(
      "its application ended with 3 without a job; its last output: Out of cheese",
    );
  });

  it("keeps nothing of a runner that ended as it should", async () => {
    const site = await siteOf(1);
    for (const name of site.machineNames()) site.finishJob(name);
    const process = new FakeProcess(site);
    expect((await reconcile(process, 1)).failures).to.deep.equal([]);
    expect(process.logs.capsules).to.deep.equal([]);
  });

  it("keeps nothing of a runner that ended as it should while a round was at work", async () => {
    const site = await siteOf(1);
    const [used = ""] = site.machineNames();
    const busy = new FakeProcess(site);
    // Its job ends after the round has looked, and before it looks for the last time.
    await busy.manager.reconcile(
      fleetOf(2),
      () => {
        if (site.machines.get(used)?.state === "running") site.finishJob(used);
      },
      unaborted(),
    );
    const next = new FakeProcess(site);
    expect((await reconcile(next, 2)).failures).to.deep.equal([]);
    expect([...busy.logs.capsules, ...next.logs.capsules]).to.deep.equal([]);
    expect(site.machineNames()).to.have.length(2).and.not.to.include(used);
    expect([...site.reports.keys()], "its records were read, and are gone").to.deep.equal([]);
  });

  it("counts no runner that ended with the machine or with LXD as one that ended by itself", async () => {
    const site = await siteOf(3);
    for (const name of site.machineNames()) {
      crash(site, name, { isCutOff: true });
      site.writeReport(name, { isLost: true });
    }
    const process = new FakeProcess(site);
    const report = await reconcile(process, 3);
    expect(report.failures).to.deep.equal([]);
    expect(process.logs.capsules).to.deep.equal([]);
    expect(report.counts.online).to.equal(3);
    const known = { configHash: "hash-1", now: site.now };
    expect(earlyEndsAfter(null, report, known), "the next reconcile is not limited").to.equal(null);
  });

  it("counts none whose records went with the memory of the machine", async () => {
    const site = await siteOf(1);
    const [name = ""] = site.machineNames();
    site.machines.delete(name);
    site.registrations.clear();
    site.writeReport(name, { isLost: true });
    const process = new FakeProcess(site);
    expect((await reconcile(process, 1)).failures).to.deep.equal([]);
  });

  it("keeps a capsule of a runner whose instance somebody else has deleted, which is no early end", async () => {
    const site = await siteOf(2);
    const [lost = ""] = site.machineNames();
    site.machines.delete(lost);
    const process = new FakeProcess(site);
    expect(await reconcile(process, 2)).to.deep.include({ failures: [], ended: [] });
    expect(process.logs.capsules.map(({ runner, cause }) => [runner, cause])).to.deep.equal([
      [lost, "its instance is gone, and this unit has not removed it"],
    ]);
  });

  it("takes no runner that the unit has removed for one that vanished", async () => {
    const site = await siteOf(3);
    await reconcile(new FakeProcess(site), 1);
    await new FakeProcess(site).manager.flushAll("force", unaborted());
    const process = new FakeProcess(site);
    expect((await reconcile(process, 1)).failures).to.deep.equal([]);
    expect(process.logs.capsules).to.deep.equal([]);
  });

  it("calls the end of a runner in its job no early end, and keeps its capsule", async () => {
    const site = await siteOf(1);
    const [name = ""] = site.machineNames();
    site.writeReport(name, { job: JOB });
    crash(site, name);
    const process = new FakeProcess(site);
    expect((await reconcile(process, 1)).ended).to.deep.equal([]);
    expect(process.logs.capsules[0]?.cause).to.equal(
      "its instance stopped during a job of octo/hello, without a word",
    );
  });

  it("keeps a capsule of a runner that could not be made, before its instance goes", async () => {
    const site = new FakeSite();
    site.endings.push(3);
    const process = new FakeProcess(site);
    await reconcile(process, 1);
    expect(process.logs.capsules[0]?.cause).to.include("ended with 3 before it listened");
    const { made } = process.calls;
    expect(made.indexOf("logs.keep")).to.be.within(0, made.indexOf("machines.destroy"));
  });

  it("removes and replaces runners although neither capsule nor history can be written", async () => {
    const site = await siteOf(1);
    const [name = ""] = site.machineNames();
    crash(site, name);
    const process = new FakeProcess(site);
    process.calls.failNext("logs.keep", new Error("no space left"));
    site.history.failure = new Error("read-only");
    const { counts } = await reconcile(process, 1);
    expect(counts.online).to.equal(1);
    expect(process.logLines.join("\n")).to.include("no space left").and.to.include("read-only");
  });

  it("records a life from its creation to its end", async () => {
    const site = await siteOf(1);
    const [name = ""] = site.machineNames();
    crash(site, name);
    await reconcile(new FakeProcess(site), 1);
    const events = site.history.eventsOf(name);
    expect(events.filter((event) => event !== "started" && event !== "registered")).to.deep.equal([
      "creating",
      "online",
      "decided",
      "found",
      "kept",
      "removing",
      "removed",
    ]);
    expect(events).to.include.members(["started", "registered"]);
  });
});

describe("verdictOn()", () => {
  const machine = { state: "stopped", phase: "ready" } as Machine;
  const report = (change: Partial<GuestReport>): GuestReport => ({
    ...{ readyAt: 0, job: undefined, end: undefined, output: "", isEarly: false, isLost: false },
    ...change,
  });
  const end = (status: string, code?: number) => ({ status, code, at: 0 });
  const cases: readonly (readonly [string, Partial<Machine>, GuestReport | undefined, string])[] = [
    ["a normal end", {}, report({ end: end("normal"), job: JOB }), "normal"],
    ["a refused job", {}, report({ end: end("repo-policy-check-failure", 403), job: JOB }), "normal"],
    ["an idle runner that GitHub dropped", {}, report({ end: end("normal") }), "normal"],
    [
      "an early end with 0",
      {},
      report({ end: end("normal"), isEarly: true, output: "x" }),
      "ended with 0 without",
    ],
    [
      "an error in a job",
      {},
      report({ end: end("abnormal", 2), job: JOB }),
      "ended with 2 during or after a job",
    ],
    ["no record at all", {}, undefined, "stopped without a word"],
    ["a state that LXD does not know", { state: "error" }, undefined, "LXD reports an error"],
    ["a stop before it was ready", { phase: "creating" }, undefined, "before the runner was ready"],
    [
      "a stop with the machine, whose memory had the records",
      { isCutOff: true },
      report({ end: end("abnormal", 1), isLost: true }),
      "with LXD or with the machine",
    ],
    ["a stop with LXD", { isCutOff: true }, undefined, "with LXD or with the machine"],
    [
      "an end that LXD has not recorded yet",
      { isCutOff: true },
      report({ end: end("abnormal", 1) }),
      "its application ended with 1",
    ],
  ];
  for (const [title, change, left, verdict] of cases) {
    it(`tells of ${title}`, () => {
      const found = verdictOn({ ...machine, ...change }, left);
      expect(found === "normal" ? found : found.cause).to.include(verdict);
    });
  }
});
