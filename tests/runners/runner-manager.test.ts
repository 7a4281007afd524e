import { expect } from "chai";
import { ENDED_JOB_MS, LONGEST_JOB_MS, UNLISTED_JOB_MS } from "../../src/runners/job-claims.ts";
import { countRunners } from "../../src/runners/observed-runner.ts";
import type { Fleet } from "../../src/runners/creations.ts";
import { fleetOf, FakeProcess, options, runnerName } from "./fake-process.ts";
import { FakeSite, SCOPE, ScopeRefusedError } from "./fake-site.ts";
import { rejection } from "../support/rejection.ts";
import { unaborted } from "./signals.ts";

const [A, B, C, D] = [runnerName(1), runnerName(2), runnerName(3), runnerName(4)];
const unseen = () => undefined;

/** A site with idle runners of these names. */
function siteWith(...names: readonly string[]): FakeSite {
  const site = new FakeSite();
  for (const name of names) site.addRunner(name);
  return site;
}

/** A site with a runner whose registration is gone for longer than the grace. */
function lostSite(): FakeSite {
  const site = siteWith(A);
  site.registrations.clear();
  site.changeMachine(A, { suspectSince: 0 });
  return site;
}

function reconcile(process: FakeProcess, fleet: Fleet, signal = unaborted()) {
  return process.manager.reconcile(fleet, unseen, signal);
}

describe("RunnerManager", () => {
  describe("reconcile()", () => {
    it("makes the wanted number of healthy runners from nothing", async () => {
      const site = new FakeSite();
      const report = await reconcile(new FakeProcess(site), fleetOf(3));
      expect(site.machines.size).to.equal(3);
      expect(site.registrationNames()).to.deep.equal(site.machineNames());
      expect(site.machineNames().every((name) => options.names.owns(name))).to.equal(true);
      expect([...site.machines.values()].map(({ phase }) => phase)).to.deep.equal([
        "ready",
        "ready",
        "ready",
      ]);
      expect(report).to.deep.include({ delta: 3, failures: [] });
      expect(report.counts).to.deep.include({ online: 3, busy: 0, offline: 0, unknown: 0 });
      expect(report.counts.names).to.deep.equal(site.machineNames());
    });

    it("gives each runner a name, the fleet's configuration hash and labels, and a deadline one idle lifetime away", async () => {
      const site = new FakeSite();
      const process = new FakeProcess(site);
      await reconcile(process, fleetOf(2, "hash-9"));
      for (const [name, machine] of site.machines) {
        expect(machine).to.include({ configHash: "hash-9", deadline: site.now + options.idleLifetimeMs });
        expect(process.forge.labels.get(name)).to.deep.equal(["self-hosted", "linux"]);
      }
    });

    it("deletes the registrations of other units' runners that LXD and GitHub list as off, and makes none in their place", async () => {
      const other = (unit: number, attempt: number) => runnerName(attempt).replace(/-0-/, `-${unit}-`);
      const site = siteWith(A);
      const [off, busy, online, here] = [other(1, 1), other(1, 2), other(2, 3), other(3, 4)];
      site.lost = {
        names: [off, busy, online, "stranger"],
        units: ["runners/0", "runners/3"],
        unit: "runners/0",
      };
      site.addRegistration(off, { online: false });
      site.addRegistration(busy, { online: false, busy: true });
      site.addRegistration(online, { online: true });
      site.addRegistration(here, { online: false });
      site.addRegistration("stranger", { online: false });
      const report = await reconcile(new FakeProcess(site), fleetOf(1));
      expect(report).to.deep.include({ created: 0, delta: 0, failures: [] });
      expect(site.registrationNames()).to.have.members([A, busy, online, here, "stranger"]);
      expect(site.machineNames()).to.deep.equal([A]);
    });

    describe("with room for runners in place of lost ones", () => {
      const fleet = { ...fleetOf(1), replacement: { ofUnit: 2, most: 1 } };
      const lost = [1, 2, 3].map((attempt) => runnerName(attempt).replace(/-0-/, "-1-"));
      const loss = { names: lost, units: ["runners/0", "runners/2"], unit: "runners/0" };

      it("makes them with the round that gives up the lost ones, and keeps them while their registrations are gone", async () => {
        const site = siteWith(A);
        site.lost = loss;
        for (const name of lost.slice(0, 2)) site.addRegistration(name, { online: false });
        expect(await reconcile(new FakeProcess(site), fleet)).to.deep.include({ created: 1, replacing: 1 });
        expect(site.registrationNames()).to.deep.equal(site.machineNames());
        expect(await reconcile(new FakeProcess(site), fleet)).to.include({ delta: 0, replacing: 1 });
        expect(site.machineNames()).to.have.lengthOf(2);
      });

      it("makes none for runners that GitHub lists as online or with a job", async () => {
        const site = siteWith(A);
        site.lost = loss;
        const [online = "", busy = ""] = lost;
        site.addRegistration(online, { online: true });
        site.addRegistration(busy, { online: false, busy: true });
        expect(await reconcile(new FakeProcess(site), fleet)).to.deep.include({ created: 0, replacing: 0 });
        expect(site.machineNames()).to.deep.equal([A]);
      });

      it("removes idle ones when the lost ones are back, and none that has a job before its end", async () => {
        const site = siteWith(A);
        site.lost = loss;
        await reconcile(new FakeProcess(site), fleet);
        const names = site.machineNames();
        for (const name of names) site.assignJob(name);
        site.lost = undefined;
        expect(await reconcile(new FakeProcess(site), fleet)).to.include({ delta: 0, replacing: 0 });
        expect(site.machineNames()).to.deep.equal(names);
        site.finishJob(A);
        await reconcile(new FakeProcess(site), fleet);
        expect(site.machineNames()).to.deep.equal(names.filter((name) => name !== A));
        expect(site.killedJobs).to.deep.equal([]);
      });
    });

    it("keeps the logs of a runner that was lost while it ran, and removes it though they cannot be had", async () => {
      for (const failing of [false, true]) {
        const site = siteWith(A);
        site.changeRegistration(A, { online: false });
        site.changeMachine(A, { createdAt: site.now - 10 * options.patience.startUpMs, suspectSince: 0 });
        const process = new FakeProcess(site);
        if (failing) process.calls.failNext("logs.keep", new Error("the guest does not answer"));
        await reconcile(process, fleetOf(0));
        expect(process.logs.capsules.map(({ runner }) => runner)).to.deep.equal(failing ? [] : [A]);
        expect(site.machineNames()).to.deep.equal([]);
      }
    });

    it("lets a job end that GitHub does not show, and takes the runner away after it", async () => {
      const site = siteWith(A);
      site.registrations.clear();
      site.unseenJobs.add(A);
      const suspectSince = site.now - options.patience.graceMs;
      site.changeMachine(A, { configHash: "of another path", suspectSince });
      const report = await reconcile(new FakeProcess(site), fleetOf(1));
      expect(site.machineNames()).to.deep.equal([A]);
      expect(report).to.deep.include({ delta: 0, failures: [] });
      site.unseenJobs.delete(A);
      await reconcile(new FakeProcess(site), fleetOf(1));
      expect(site.machineNames()).to.have.length(1).and.not.include(A);
      expect(site.killedJobs).to.deep.equal([]);
    });

    it("believes a guest for six hours that claims a job which GitHub does not list, and says until when", async () => {
      for (const registered of [false, true]) {
        const site = siteWith(A);
        if (registered) site.changeRegistration(A, { online: false });
        else site.registrations.clear();
        site.unseenJobs.add(A);
        const suspectSince = site.now - UNLISTED_JOB_MS + 1;
        site.changeMachine(A, { createdAt: 0, suspectSince });
        const { held } = await reconcile(new FakeProcess(site), fleetOf(1));
        expect(held).to.deep.equal([{ runner: A, saidBy: "guest", endsAt: site.now + 1 }]);
        expect(site.machineNames()).to.deep.equal([A]);
        site.now += 1;
        const report = await reconcile(new FakeProcess(site), fleetOf(1));
        expect(report).to.deep.include({ held: [], failures: [] });
        expect(site.machineNames()).to.have.length(1).and.not.include(A);
        expect(site.registrationNames()).to.deep.equal(site.machineNames());
      }
    });

    it("ends no job of a runner that GitHub lists as idle and would delete, and says until when its guest is believed", async () => {
      for (const [fleet, change] of [
        [fleetOf(0), {}],
        [fleetOf(1, "hash-2"), {}],
        [fleetOf(1), { deadline: 0 }],
      ] as const) {
        const site = siteWith(A);
        site.unseenJobs.add(A);
        site.changeMachine(A, change);
        const endsAt = site.now + UNLISTED_JOB_MS;
        for (const pause of [0, UNLISTED_JOB_MS - 1]) {
          site.now += pause;
          const { held } = await reconcile(new FakeProcess(site), fleet);
          expect(held).to.deep.equal([{ runner: A, saidBy: "guest", endsAt }]);
          expect(site.machineNames()).to.deep.equal([A]);
          expect(site.machines.get(A)?.state).to.equal("running");
          expect(site.registrationNames()).to.deep.equal([A]);
        }
        expect(site.killedJobs).to.deep.equal([]);
        site.now += 1;
        await reconcile(new FakeProcess(site), fleet);
        expect(site.machineNames()).to.not.include(A);
      }
    });

    it("believes a guest for a quarter of an hour when GitHub says that its job has ended, and tells no job of the unit's ending", async () => {
      const site = siteWith(A);
      site.registrations.clear();
      site.unseenJobs.add(A);
      site.endedJobs.add(A);
      site.changeMachine(A, { suspectSince: site.now - options.patience.graceMs });
      site.now += ENDED_JOB_MS - options.patience.graceMs - 1;
      const { held } = await reconcile(new FakeProcess(site), fleetOf(1));
      expect(held.map(({ runner }) => runner)).to.deep.equal([A]);
      site.now += 1;
      const process = new FakeProcess(site);
      const report = await reconcile(process, fleetOf(1));
      expect(report).to.deep.include({ held: [], failures: [] });
      expect(site.machineNames()).to.have.length(1).and.not.include(A);
      expect(process.logs.capsules.map(({ runner }) => runner)).to.deep.equal([A]);
      const decided = (await site.history.read()).find(({ event }) => event === "decided");
      expect(decided).to.include({ runner: A, activity: "a job that GitHub has ended" });
    });

    it("tells of no claim that GitHub's next list confirms", async () => {
      const site = siteWith(A);
      const process = new FakeProcess(site);
      const [idle] = site.registrationsAt(SCOPE);
      process.calls.staleNext("forge.list", [idle]);
      site.assignJob(A);
      const report = await reconcile(process, fleetOf(0));
      expect(report).to.deep.include({ held: [], failures: [] });
      expect(report.counts.busyNames).to.deep.equal([A]);
      expect(site.killedJobs).to.deep.equal([]);
    });

    it("counts the six hours from the first claim, whatever the runner was to be removed for", async () => {
      for (const change of [{ phase: "creating" as const }, { deadline: 0 }]) {
        const site = siteWith(A);
        site.registrations.clear();
        site.unseenJobs.add(A);
        site.changeMachine(A, change);
        const endsAt = site.now + UNLISTED_JOB_MS;
        for (const pause of [0, 60_000, UNLISTED_JOB_MS - 60_001]) {
          site.now += pause;
          const { held } = await reconcile(new FakeProcess(site), fleetOf(1));
          expect(held).to.deep.equal([{ runner: A, saidBy: "guest", endsAt }]);
        }
        site.now += 1;
        await reconcile(new FakeProcess(site), fleetOf(1));
        expect(site.machineNames()).to.have.length(1).and.not.include(A);
      }
    });

    it("ends no job that GitHub lists by then, however long its runner was missing in the list", async () => {
      const site = siteWith(A);
      site.changeRegistration(A, { online: false });
      site.unseenJobs.add(A);
      site.changeMachine(A, { createdAt: 0, suspectSince: 0 });
      const process = new FakeProcess(site);
      process.calls.beforeNext("forge.deregister", () => {
        site.changeRegistration(A, { busy: true });
      });
      await reconcile(process, fleetOf(1));
      expect(site.machineNames()).to.deep.equal([A]);
      expect(site.machines.get(A)?.state).to.equal("running");
      expect(site.killedJobs).to.deep.equal([]);
    });

    it("removes a runner that GitHub lists as busy for longer than it allows any job, and says so for days", async () => {
      const site = siteWith(A);
      site.assignJob(A);
      site.changeMachine(A, { deadline: site.now });
      const endsAt = site.now + LONGEST_JOB_MS;
      expect((await reconcile(new FakeProcess(site), fleetOf(1))).held).to.deep.equal([]);
      site.now = endsAt - 1;
      const { held } = await reconcile(new FakeProcess(site), fleetOf(1));
      expect(held).to.deep.equal([{ runner: A, saidBy: "github", endsAt }]);
      expect(site.machineNames()).to.deep.equal([A]);
      site.now = endsAt;
      expect((await reconcile(new FakeProcess(site), fleetOf(1))).held).to.deep.equal([]);
      expect(site.machineNames()).to.have.length(1).and.not.include(A);
    });

    for (const [what, doubted] of [
      ["none of whose guests has a job", (site) => site.idleGuests.add(A)],
      ["whose job GitHub has ended", (site) => site.endedJobs.add(A)],
    ] as const satisfies readonly [string, (site: FakeSite) => unknown][]) {
      it(`removes a runner past its deadline that GitHub lists as busy, and ${what}, after half an hour`, async () => {
        const site = siteWith(A);
        site.assignJob(A);
        site.changeMachine(A, { deadline: site.now });
        doubted(site);
        await reconcile(new FakeProcess(site), fleetOf(1));
        for (const pause of [ENDED_JOB_MS, ENDED_JOB_MS - 1]) {
          site.now += pause;
          const { failures } = await reconcile(new FakeProcess(site), fleetOf(1));
          expect(failures).to.deep.equal([]);
          expect(site.machineNames()).to.deep.equal([A]);
        }
        site.now += 1;
        const process = new FakeProcess(site);
        await reconcile(process, fleetOf(1));
        expect(site.machineNames()).to.not.include(A);
        expect(process.logs.capsules.map(({ runner }) => runner)).to.deep.equal([A]);
        await reconcile(process, fleetOf(1));
        expect(site.machineNames()).to.have.length(1);
      });
    }

    it("ends no job that runs past the deadline of its runner, whatever one look at its guest shows", async () => {
      const site = siteWith(A);
      site.assignJob(A);
      site.changeMachine(A, { deadline: site.now });
      await reconcile(new FakeProcess(site), fleetOf(1));
      site.now += ENDED_JOB_MS;
      site.idleGuests.add(A);
      await reconcile(new FakeProcess(site), fleetOf(1));
      site.idleGuests.clear();
      for (const pause of [ENDED_JOB_MS, ENDED_JOB_MS]) {
        site.now += pause;
        await reconcile(new FakeProcess(site), fleetOf(1));
      }
      expect(site.machineNames()).to.deep.equal([A]);
      expect(site.killedJobs).to.deep.equal([]);
    });

    it("asks no healthy runner for its logs", async () => {
      const process = new FakeProcess(siteWith(A, B));
      await reconcile(process, fleetOf(1));
      expect(process.logs.capsules.map(({ runner }) => runner)).to.deep.equal([]);
    });

    it("tells its progress, one runner at a time, and says nothing when none is to be made", async () => {
      const site = new FakeSite();
      const seen: string[] = [];
      const note = (done: number, total: number) => seen.push(`${done}/${total}`);
      const process = new FakeProcess(site);
      await process.manager.reconcile(fleetOf(3), note, unaborted());
      await process.manager.reconcile(fleetOf(3), note, unaborted());
      expect(seen).to.deep.equal(["0/3", "1/3", "2/3", "3/3"]);
    });

    it("tells its metrics of each runner that is made, and of the round that made it", async () => {
      const site = siteWith(A);
      site.assignJob(A);
      const process = new FakeProcess(site);
      process.calls.beforeNext("machines.launch", () => (site.now += 2500));
      await reconcile(process, fleetOf(3));
      const made = site.machineNames().filter((name) => name !== A);
      expect(process.metrics.installedRunners.toSorted()).to.deep.equal(made);
      expect(process.metrics.rounds).to.deep.equal([
        { runners: site.machineNames(), stopped: [], standby: [], idle: 2, busy: 1, wanted: 3, tookMs: 2500 },
      ]);
      expect(process.machines.specs.get(made[0] ?? "")?.share).to.deep.equal({
        source: `/shares/${made[0] ?? ""}`,
        path: "/metrics-exchange",
      });
    });

    it("tells its metrics of a round that changed nothing, and of no runner that failed", async () => {
      const quiet = new FakeProcess(siteWith(A));
      await reconcile(quiet, fleetOf(1));
      expect(quiet.metrics.rounds).to.deep.equal([
        { runners: [A], stopped: [], standby: [], idle: 1, busy: 0, wanted: 1, tookMs: 0 },
      ]);
      const failing = new FakeProcess(new FakeSite());
      failing.calls.failNext("machines.launch", new Error("no room"));
      await reconcile(failing, fleetOf(1));
      expect(failing.metrics.installedRunners).to.deep.equal([]);
      expect(failing.metrics.rounds).to.deep.include({
        ...{ runners: [], stopped: [], standby: [], idle: 0, busy: 0, wanted: 1, tookMs: 0 },
      });
    });

    it("reports the runners whose application ended without a job as failures", async () => {
      const process = new FakeProcess(new FakeSite());
      const end = { name: A, code: 3, seconds: 2, output: "no disk" };
      process.metrics.ends.push(end);
      const { ended, failures } = await reconcile(process, fleetOf(1));
      expect(ended).to.deep.equal([end]);
      expect(failures.map(({ message }) => message)).to.deep.equal([
        `Cannot keep runner '${A}': its application ended with 3 after 2 s without a job; its last output: no disk`,
      ]);
    });

    it("creates no more runners than the fleet allows in one reconcile", async () => {
      const site = new FakeSite();
      await reconcile(new FakeProcess(site), { ...fleetOf(8), mostCreations: 1 });
      expect(site.machines.size).to.equal(1);
    });

    it("reads each side once and does nothing else when all is well", async () => {
      const process = new FakeProcess(siteWith(A, B));
      const report = await reconcile(process, fleetOf(2));
      expect(process.calls.made).to.have.members([
        "scopes.remember",
        "scopes.former",
        "machines.list",
        "forge.list",
      ]);
      expect(report).to.deep.include({ delta: 0, failures: [] });
    });

    it("takes idle runners away when the number falls, and no busy one", async () => {
      const site = siteWith(A, B, C, D);
      site.assignJob(B);
      site.assignJob(D);
      const report = await reconcile(new FakeProcess(site), fleetOf(1));
      expect(site.machineNames()).to.deep.equal([B, D]);
      expect(site.registrationNames()).to.deep.equal([B, D]);
      expect(site.killedJobs).to.deep.equal([]);
      expect(report).to.deep.include({ delta: -2 });
      expect(report.counts).to.deep.include({ online: 0, busy: 2, busyNames: [B, D] });
    });

    it("keeps the wanted number where runners register themselves, and ends no job", async () => {
      const site = new FakeSite();
      const process = new FakeProcess(site);
      process.forge.lacksJustInTime = true;
      await reconcile(process, fleetOf(2));
      const [busy = ""] = site.machineNames();
      site.assignJob(busy);
      const report = await reconcile(process, fleetOf(2, "hash-2"));
      expect(report.counts).to.include({ online: 1, busy: 1 });
      expect(site.machineNames()).to.include(busy).and.to.have.length(2);
      expect(site.registrationNames()).to.deep.equal(site.machineNames());
      expect(site.killedJobs).to.deep.equal([]);
    });

    it("replaces idle runners with another configuration, and busy ones once their job has ended", async () => {
      const site = siteWith(A, B);
      site.assignJob(B);
      const process = new FakeProcess(site);
      await reconcile(process, fleetOf(2, "hash-2"));
      expect(site.machines.has(A)).to.equal(false);
      expect(site.machines.get(B)?.configHash).to.equal("hash-1");
      expect(site.machines.size).to.equal(2);
      site.finishJob(B);
      await reconcile(process, fleetOf(2, "hash-2"));
      expect([...site.machines.values()].map(({ configHash }) => configHash)).to.deep.equal([
        "hash-2",
        "hash-2",
      ]);
      expect(site.registrationNames()).to.deep.equal(site.machineNames());
    });

    it("keeps all runners but one when none can be made with the new configuration", async () => {
      const site = siteWith(A, B, C);
      const process = new FakeProcess(site);
      process.calls.failAll("machines.launch", new Error("no space left on device"));
      for (const round of [1, 2, 3]) {
        const report = await reconcile(process, fleetOf(3, "hash-2"));
        expect(site.machineNames(), `round ${round}`).to.have.length(2);
        expect(report).to.include({ waiting: 2 });
        expect(report.failures.map(({ message }) => message).join()).to.contain("no space left");
      }
      const report = await reconcile(new FakeProcess(site), fleetOf(3, "hash-2"));
      expect([...site.machines.values()].map(({ configHash }) => configHash)).to.deep.equal(
        Array.from({ length: 3 }, () => "hash-2"),
      );
      expect(report).to.deep.include({ waiting: 0, failures: [] });
      expect(site.mostMachines).to.equal(3);
    });

    it("keeps all runners but one when none can be made in place of those that pass their deadline one by one", async () => {
      const names = [A, B, C, D];
      const site = siteWith(...names);
      names.forEach((name, index) => {
        site.changeMachine(name, { deadline: site.now + index * 60_000 });
      });
      const process = new FakeProcess(site);
      process.calls.failAll("machines.launch", new Error("no space left on device"));
      for (const round of names) {
        await reconcile(process, fleetOf(4));
        expect(site.machineNames(), `when ${round} is past its deadline`).to.have.length(3);
        site.now += 60_000;
      }
      const report = await reconcile(new FakeProcess(site), fleetOf(4));
      expect(site.machineNames()).to.have.length(4).and.not.include.members(names);
      expect([...site.machines.values()].every(({ deadline }) => deadline > site.now)).to.equal(true);
      expect(report).to.deep.include({ waiting: 0, failures: [] });
    });

    it("keeps the others while GitHub does not list the successor as online, although it listens", async () => {
      const site = siteWith(A, B, C);
      const process = new FakeProcess(site);
      process.calls.afterNext("machines.deliver", () => {
        for (const name of site.machineNames()) {
          if (![A, B, C].includes(name)) site.changeRegistration(name, { online: false });
        }
      });
      const report = await reconcile(process, fleetOf(3, "hash-2"));
      expect(report).to.include({ waiting: 2 });
      expect(site.machineNames().filter((name) => [A, B, C].includes(name))).to.have.length(2);
      for (const name of site.machineNames()) site.changeRegistration(name, { online: true });
      expect(await reconcile(new FakeProcess(site), fleetOf(3, "hash-2"))).to.include({ waiting: 0 });
      expect(site.machineNames()).to.not.include.members([A]);
    });

    it("replaces all others in the same reconcile when GitHub lists the successor a little later", async () => {
      const site = siteWith(A, B, C);
      const process = new FakeProcess(site);
      process.calls.afterNext("machines.deliver", () => {
        const [made = ""] = site.machineNames().filter((name) => ![A, B, C].includes(name));
        site.changeRegistration(made, { online: false });
        site.after(2000, () => {
          site.changeRegistration(made, { online: true });
        });
      });
      expect(await reconcile(process, fleetOf(3, "hash-2"))).to.include({ waiting: 0 });
      expect([...site.machines.values()].map(({ configHash }) => configHash)).to.deep.equal(
        Array.from({ length: 3 }, () => "hash-2"),
      );
    });

    it("renews idle runners on request, all but the first once a fresh one is online", async () => {
      const site = siteWith(A, B, C);
      site.assignJob(B);
      site.now += 1;
      const failing = new FakeProcess(site);
      failing.calls.failAll("machines.launch", new Error("no space left on device"));
      const fleet = { ...fleetOf(3), renewBefore: site.now };
      expect(await reconcile(failing, fleet)).to.include({ waiting: 1 });
      expect(site.machineNames()).to.include(B).and.to.have.length(2);
      expect(await reconcile(new FakeProcess(site), fleet)).to.deep.include({ waiting: 0, failures: [] });
      expect(site.machineNames()).to.include(B).and.to.have.length(3).and.not.include.members([A]);
      expect(site.machineNames()).to.not.include.members([C]);
      expect(site.killedJobs).to.deep.equal([]);
    });

    it("keeps all runners when GitHub would register none with the new configuration", async () => {
      const site = siteWith(A, B);
      const process = new FakeProcess(site);
      const reason = new Error("no such runner group");
      process.calls.failNext("forge.checkRegistration", reason);
      const report = await reconcile(process, fleetOf(2, "hash-2"));
      expect(site.machineNames()).to.deep.equal([A, B]);
      expect(report).to.deep.include({ waiting: 2, failures: [reason], delta: 0 });
    });

    it("records no scope whose credentials GitHub refuses", async () => {
      const site = siteWith(A);
      site.refusing.add(SCOPE);
      const process = new FakeProcess(site);
      await rejection(reconcile(process, fleetOf(1)));
      expect(process.calls.made).not.to.include("scopes.remember");
    });

    it("replaces a runner whose job has ended", async () => {
      const site = siteWith(A, B);
      site.assignJob(A);
      site.finishJob(A);
      const report = await reconcile(new FakeProcess(site), fleetOf(2));
      expect(site.machines.has(A)).to.equal(false);
      expect(site.machines.size).to.equal(2);
      expect(report.delta, "the ended runner no longer counted").to.equal(1);
    });

    it("touches no instance and no registration of other owners", async () => {
      const others = [
        "runners-1-abcdef000001",
        "runners-0-fedcba000001",
        `${A}0`,
        "runners-0-abcdefghijkl",
        "vm",
      ];
      const site = siteWith(...others);
      site.changeMachine("vm", { state: "stopped" });
      site.addRegistration("somebody-elses");
      const process = new FakeProcess(site);
      for (const fleet of [fleetOf(2), fleetOf(0, "hash-2")]) await reconcile(process, fleet);
      await process.manager.flushIdle(unaborted());
      const report = await process.manager.flushAll("force", unaborted());
      expect(report).to.deep.include({ flushed: 0 });
      expect(site.machineNames()).to.deep.equal([...others].sort());
      expect(site.registrationNames()).to.deep.equal([...others, "somebody-elses"].sort());
    });

    it("makes the other runners when one cannot be made, and tells why", async () => {
      const site = new FakeSite();
      const process = new FakeProcess(site);
      process.calls.failNext("forge.register", new Error("GitHub says no"));
      const report = await reconcile(process, fleetOf(3));
      expect(site.machines.size).to.equal(2);
      expect(site.registrationNames()).to.deep.equal(site.machineNames());
      expect(report.failures.map(({ message }) => message)).to.have.lengthOf(1);
      expect(report.failures[0]?.message).to.contain("GitHub says no");
      expect(report.delta).to.equal(2);
      expect((await reconcile(process, fleetOf(3))).failures).to.deep.equal([]);
      expect(site.machines.size).to.equal(3);
    });

    it("takes the others away when one cannot be taken away, and tells why", async () => {
      const site = siteWith(A, B, C);
      const process = new FakeProcess(site);
      process.calls.failNext("machines.freeze", new Error("LXD says no"));
      const report = await reconcile(process, fleetOf(0));
      expect(site.machines.size).to.equal(1);
      expect(report.failures).to.have.lengthOf(1);
      await reconcile(process, fleetOf(0));
      expect(site.machines.size).to.equal(0);
    });

    it("lets a runner that took a job keep its slot, so that the number is never exceeded", async () => {
      const site = siteWith(A, B);
      const process = new FakeProcess(site);
      process.calls.beforeNext("forge.deregister", () => {
        site.assignJob(A);
      });
      const report = await reconcile(process, fleetOf(2, "hash-2"));
      expect(site.killedJobs).to.deep.equal([]);
      expect(site.machines.has(A)).to.equal(true);
      expect(site.machines.size).to.equal(2);
      expect(site.mostMachines).to.equal(2);
      expect(report.failures, "that is no failure").to.deep.equal([]);
    });

    it("lets a runner that could not be removed keep its slot", async () => {
      for (const verb of [
        "machines.freeze",
        "forge.deregister",
        "machines.destroy",
        "machines.delete",
      ] as const) {
        const site = siteWith(A, B);
        const process = new FakeProcess(site);
        process.calls.failNext(verb, new Error("no answer"));
        await reconcile(process, fleetOf(2, "hash-2"));
        expect(site.mostMachines, verb).to.equal(2);
        expect(site.machines.size, verb).to.equal(2);
      }
    });

    for (const [limits, most] of [
      [{ concurrency: 2 }, 2],
      [{ concurrency: 4, creationsAtOnce: 1 }, 1],
    ] as const) {
      it(`makes no more at a time than ${JSON.stringify(limits)}`, async () => {
        const site = new FakeSite();
        const process = new FakeProcess(site, limits);
        let seen = 0;
        process.calls.atEveryCall(() => {
          const underWay = [...site.machines.values()].filter(({ phase }) => phase === "creating").length;
          seen = Math.max(seen, underWay);
        });
        await reconcile(process, fleetOf(6));
        expect(site.machines.size).to.equal(6);
        expect(seen).to.equal(most);
      });
    }

    for (const verb of ["machines.list", "forge.list"] as const) {
      it(`decides nothing when ${verb} fails`, async () => {
        const site = siteWith(A, B);
        const process = new FakeProcess(site);
        const fault = new Error("no answer");
        process.calls.failNext(verb, fault);
        expect(await rejection(reconcile(process, fleetOf(0)))).to.equal(fault);
        expect(site.machineNames()).to.deep.equal([A, B]);
        expect(site.registrationNames()).to.deep.equal([A, B]);
      });
    }

    it("rejects with the reason of an abort, and leaves no half-made runner", async () => {
      const site = new FakeSite();
      const process = new FakeProcess(site, { concurrency: 2 });
      const abort = new AbortController();
      const reason = new Error("the unit is stopping");
      process.calls.beforeNext("machines.deliver", () => {
        abort.abort(reason);
      });
      expect(await rejection(reconcile(process, fleetOf(6), abort.signal))).to.equal(reason);
      expect(site.machineNames()).to.deep.equal([]);
      expect(site.registrationNames()).to.deep.equal([]);
    });

    it("says in its log what it takes away and why", async () => {
      const site = siteWith(A);
      const process = new FakeProcess(site);
      await reconcile(process, fleetOf(0));
      expect(process.logLines).to.deep.equal([
        `INFO Removing runner runner=${A} reason="more runners than wanted"`,
      ]);
    });
  });

  describe("flushIdle()", () => {
    it("takes idle runners away and leaves busy ones", async () => {
      const site = siteWith(A, B, C);
      site.assignJob(B);
      const report = await new FakeProcess(site).manager.flushIdle(unaborted());
      expect(site.machineNames()).to.deep.equal([B]);
      expect(report).to.deep.include({ flushed: 2, delta: -2, failures: [] });
      expect(report.counts.busyNames).to.deep.equal([B]);
    });

    it("leaves a runner that takes a job meanwhile, and does not count it", async () => {
      const site = siteWith(A, B);
      const process = new FakeProcess(site);
      process.calls.beforeNext("forge.deregister", () => {
        site.assignJob(A);
      });
      const report = await process.manager.flushIdle(unaborted());
      expect(site.machineNames()).to.deep.equal([A]);
      expect(site.machines.get(A)?.state).to.equal("running");
      expect(report).to.deep.include({ flushed: 1, failures: [] });
    });

    it("leaves a runner that works although GitHub lists it as idle and would delete it", async () => {
      const site = siteWith(A, B);
      site.unseenJobs.add(A);
      const report = await new FakeProcess(site).manager.flushIdle(unaborted());
      expect(site.machineNames()).to.deep.equal([A]);
      expect(site.registrationNames()).to.deep.equal([A]);
      expect(report).to.deep.include({ flushed: 1, failures: [] });
      expect(site.killedJobs).to.deep.equal([]);
    });
  });

  describe("flushAll()", () => {
    it("takes all runners away, busy ones and left-overs too", async () => {
      const site = siteWith(A, B, C);
      site.assignJob(B);
      site.changeMachine(C, { state: "stopped" });
      site.addRegistration(D);
      const report = await new FakeProcess(site).manager.flushAll("busy", unaborted());
      expect(site.machineNames()).to.deep.equal([]);
      expect(site.killedJobs).to.deep.equal([B]);
      expect(site.registrationNames(), "GitHub keeps that of a job until it misses the runner").to.deep.equal(
        [B],
      );
      expect(report).to.deep.include({ flushed: 3, delta: -2, failures: [] });
    });

    it("goes on with force when GitHub cannot be reached", async () => {
      const site = siteWith(A, B);
      site.assignJob(B);
      const process = new FakeProcess(site);
      process.calls.failNext("forge.list", new Error("GitHub does not answer"));
      process.calls.failNext("forge.list", new Error("GitHub does not answer"));
      const report = await process.manager.flushAll("force", unaborted());
      expect(site.machineNames()).to.deep.equal([]);
      expect(report).to.deep.include({ flushed: 2, delta: -2 });
    });

    it("does nothing without force when GitHub cannot be reached", async () => {
      const site = siteWith(A, B);
      const process = new FakeProcess(site);
      process.calls.failNext("forge.list", new Error("GitHub does not answer"));
      await rejection(process.manager.flushAll("busy", unaborted()));
      expect(site.machineNames()).to.deep.equal([A, B]);
    });

    it("ends the others when one cannot be ended", async () => {
      const site = siteWith(A, B, C);
      const process = new FakeProcess(site);
      process.calls.failNext("machines.destroy", new Error("LXD says no"));
      const report = await process.manager.flushAll("busy", unaborted());
      expect(site.machines.size).to.equal(1);
      expect(report.flushed).to.equal(2);
      expect(report.failures).to.have.lengthOf(1);
    });
  });

  describe("flushAll(), while runners are in their job-started hooks", () => {
    for (const mode of ["busy", "force"] as const) {
      it(`waits with ${mode} until no runner is`, async () => {
        const site = siteWith(A, B, C);
        site.assignJob(A);
        site.inJobStartedHook.add(A);
        const begun = site.now;
        site.after(30_000, () => site.inJobStartedHook.delete(A));
        const report = await new FakeProcess(site).manager.flushAll(mode, unaborted());
        expect(site.now - begun).to.be.within(30_000, 32_000);
        expect(report).to.deep.include({ flushed: 3, delta: -3 });
      });
    }

    it("waits for one that took a job meanwhile", async () => {
      const site = siteWith(A, B);
      const begun = site.now;
      site.assignJob(A);
      site.inJobStartedHook.add(A);
      site.after(10_000, () => {
        site.inJobStartedHook.delete(A);
        site.assignJob(B);
        site.inJobStartedHook.add(B);
      });
      site.after(50_000, () => site.inJobStartedHook.delete(B));
      await new FakeProcess(site).manager.flushAll("busy", unaborted());
      expect(site.now - begun).to.be.within(50_000, 52_000);
      expect(site.machineNames()).to.deep.equal([]);
    });

    it("waits for 150 seconds at most", async () => {
      const site = siteWith(A, B);
      const begun = site.now;
      site.assignJob(A);
      site.inJobStartedHook.add(A);
      const report = await new FakeProcess(site).manager.flushAll("busy", unaborted());
      expect(site.now - begun).to.be.within(150_000, 152_000);
      expect(report.flushed).to.equal(2);
    });

    it("inspects no runner that GitHub lists as idle", async () => {
      const site = siteWith(A, B);
      const process = new FakeProcess(site);
      await process.manager.flushAll("busy", unaborted());
      expect(process.calls.made).to.not.include("machines.inspect");
    });

    it("inspects all runners when GitHub cannot be asked", async () => {
      const site = siteWith(A);
      site.assignJob(A);
      site.inJobStartedHook.add(A);
      const begun = site.now;
      site.after(20_000, () => site.inJobStartedHook.delete(A));
      const process = new FakeProcess(site);
      process.calls.failAll("forge.list", new Error("GitHub does not answer"));
      await process.manager.flushAll("force", unaborted());
      expect(site.now - begun).to.be.within(20_000, 22_000);
      expect(site.machineNames()).to.deep.equal([]);
    });
  });

  describe("when runners were registered in a scope that the configuration no longer names", () => {
    const HERE = "scope-2";
    /** A site whose unit has runners in its former scope, and has recorded it. */
    const movedSite = (...names: readonly string[]) => {
      const site = siteWith(...names);
      site.recorded.set(SCOPE, undefined);
      return site;
    };
    const moved = (site: FakeSite) => new FakeProcess(site, {}, HERE);
    const scopesOf = (site: FakeSite) => [...site.machines.values()].map(({ scopeKey }) => scopeKey);

    it("replaces idle ones at once and deletes their registrations there", async () => {
      const site = movedSite(A, B);
      const report = await reconcile(moved(site), fleetOf(2, "hash-2"));
      expect(scopesOf(site)).to.deep.equal([HERE, HERE]);
      expect(site.registrationsAt(SCOPE)).to.deep.equal([]);
      expect(site.registrationsAt(HERE)).to.have.lengthOf(2);
      expect(site.mostMachines).to.equal(2);
      expect(report.failures).to.deep.equal([]);
    });

    it("lets busy ones finish in their slot, then replaces them, and forgets the scope", async () => {
      const site = movedSite(A, B);
      site.assignJob(A);
      await reconcile(moved(site), fleetOf(2, "hash-2"));
      expect(
        [...site.machines.values()].map(({ name, scopeKey }) => [name === A, scopeKey]),
      ).to.deep.include.members([
        [true, SCOPE],
        [false, HERE],
      ]);
      expect([...site.recorded.keys()]).to.have.members([SCOPE, HERE]);
      site.finishJob(A);
      await reconcile(moved(site), fleetOf(2, "hash-2"));
      expect(scopesOf(site)).to.deep.equal([HERE, HERE]);
      expect([...site.recorded.keys()]).to.deep.equal([HERE]);
    });

    it("counts the busy ones among its runners", async () => {
      const site = movedSite(A, B);
      site.assignJob(A);
      const counts = await moved(site).manager.check(unaborted());
      expect(counts).to.include({ online: 1, busy: 1, unknown: 0 });
    });

    it("removes instances although their scope refuses the unit, except those with a job", async () => {
      const site = movedSite(A, B);
      site.assignJob(A);
      site.refusing.add(SCOPE);
      await reconcile(moved(site), fleetOf(2, "hash-2"));
      expect(site.machines.has(A)).to.equal(true);
      expect(site.machines.has(B)).to.equal(false);
      expect(site.mostMachines).to.equal(2);
      expect([...site.recorded.keys()], "an instance is left").to.include(SCOPE);
      site.finishJob(A);
      await reconcile(moved(site), fleetOf(2, "hash-2"));
      expect(site.killedJobs).to.deep.equal([]);
      expect(scopesOf(site)).to.deep.equal([HERE, HERE]);
      expect([...site.recorded.keys()]).to.deep.equal([HERE]);
    });

    it("believes a guest of a scope that cannot be asked until no job can be left", async () => {
      for (const refuses of [true, false]) {
        const site = movedSite(A);
        site.assignJob(A);
        (refuses ? site.refusing : site.silent).add(SCOPE);
        const reconcileMoved = () => reconcile(moved(site), fleetOf(1, "hash-2"));
        const endsAt = (site.machines.get(A)?.deadline ?? 0) + LONGEST_JOB_MS;
        await reconcileMoved();
        site.now = endsAt - 1;
        expect((await reconcileMoved()).held).to.deep.equal([{ runner: A, saidBy: "guest", endsAt }]);
        expect(site.killedJobs).to.deep.equal([]);
        site.now = endsAt;
        await reconcileMoved();
        expect(scopesOf(site)).to.deep.equal([HERE]);
      }
    });

    it("removes instances whose scope lists them and lets the unit delete none", async () => {
      const site = movedSite(A);
      const process = moved(site);
      process.calls.beforeNext("forge.deregister", () => {
        throw new ScopeRefusedError("the token may read only");
      });
      await reconcile(process, fleetOf(1, "hash-2"));
      expect(scopesOf(site)).to.deep.equal([HERE]);
      expect(site.killedJobs).to.deep.equal([]);
    });

    it("keeps the scope while its GitHub does not answer, for a day", async () => {
      const site = movedSite(A);
      await reconcile(moved(site), fleetOf(0, "hash-2"));
      site.recorded.set(SCOPE, undefined);
      site.addRegistration(B);
      const silent = async () => {
        const process = moved(site);
        process.calls.beforeNext("forge.list", () => undefined);
        process.calls.failNext("forge.list", new Error("no answer"));
        await reconcile(process, fleetOf(0, "hash-2"));
      };
      await silent();
      expect([...site.recorded.keys()]).to.include(SCOPE);
      site.silent.add(SCOPE);
      const { silentScopes } = await reconcile(moved(site), fleetOf(0, "hash-2"));
      expect(silentScopes).to.deep.equal([`https://github.com/${SCOPE}`]);
      site.silent.clear();
      site.pass(25 * 3_600_000);
      await silent();
      expect([...site.recorded.keys()]).to.deep.equal([HERE]);
    });

    it("deletes registrations there that have no instance, and forgets the scope", async () => {
      const site = movedSite();
      site.addRegistration(A);
      await reconcile(moved(site), fleetOf(0, "hash-2"));
      expect(site.registrationNames()).to.deep.equal([]);
      expect([...site.recorded.keys()]).to.deep.equal([HERE]);
    });

    it("deletes registrations there when all is flushed", async () => {
      const site = movedSite(A, B);
      await moved(site).manager.flushAll("force", unaborted());
      expect(site.machineNames()).to.deep.equal([]);
      expect(site.registrationNames()).to.deep.equal([]);
    });

    it("returns to a scope that it left, and uses the runners there", async () => {
      const site = movedSite(A);
      site.assignJob(A);
      await reconcile(moved(site), fleetOf(1, "hash-2"));
      site.finishJob(A);
      site.addRunner(B);
      await reconcile(new FakeProcess(site), fleetOf(1));
      expect(site.machineNames()).to.deep.equal([B]);
      expect([...site.recorded]).to.deep.equal([[SCOPE, undefined]]);
    });
  });

  describe("when GitHub refuses the version of the runner application", () => {
    it("says so of runners that end before they listen", async () => {
      const site = new FakeSite();
      site.endings.push(7, 7);
      const report = await reconcile(new FakeProcess(site), fleetOf(2));
      expect(report.versionRefused).to.equal(true);
      expect(report.failures.map(({ message }) => message).join()).to.contain("GitHub rejects its version");
      expect(site.machineNames()).to.deep.equal([]);
      expect(site.registrationNames()).to.deep.equal([]);
    });

    it("says so of a runner that ended later and was not gone", async () => {
      const site = lostSite();
      site.ended.set(A, 7);
      expect((await reconcile(new FakeProcess(site), fleetOf(1))).versionRefused).to.equal(true);
    });

    it("does not say so of other ends", async () => {
      const site = new FakeSite();
      site.endings.push(1);
      const report = await reconcile(new FakeProcess(site), fleetOf(2));
      expect(report.versionRefused).to.equal(false);
      expect(report.failures.map(({ message }) => message).join()).to.contain(
        "ended with 1 before it listened",
      );
    });
  });

  describe("when GitHub has dropped a runner", () => {
    it("replaces one whose application has ended well quietly: it has not crashed", async () => {
      const site = lostSite();
      site.ended.set(A, 0);
      const process = new FakeProcess(site);
      const report = await reconcile(process, fleetOf(1));
      expect(process.logs.capsules.map(({ runner }) => runner)).to.deep.equal([]);
      expect(process.logLines.filter((line) => !line.startsWith("INFO"))).to.deep.equal([]);
      expect(report.failures).to.deep.equal([]);
      expect(site.machineNames()).to.have.lengthOf(1).and.not.include(A);
    });

    for (const activity of ["still waits for a job", "has ended with an error"]) {
      it(`keeps the logs of one whose application ${activity}`, async () => {
        const site = lostSite();
        if (activity !== "still waits for a job") site.ended.set(A, 1);
        const process = new FakeProcess(site);
        await reconcile(process, fleetOf(1));
        expect(process.logs.capsules.map(({ runner }) => runner)).to.deep.equal([A]);
        expect(site.machineNames()).to.have.lengthOf(1).and.not.include(A);
      });
    }
  });

  it("ends no job of a runner that GitHub's list does not show yet, although its maker was killed", async () => {
    const site = siteWith(A);
    site.changeMachine(A, { phase: "creating" });
    site.assignJob(A);
    const process = new FakeProcess(site);
    process.calls.staleNext("forge.list", []);
    await reconcile(process, fleetOf(1));
    expect(site.killedJobs).to.deep.equal([]);
    expect(site.machineNames()).to.deep.equal([A]);
  });

  it("ends no job that such a runner takes between the inspection and its removal", async () => {
    const site = siteWith(A);
    site.changeMachine(A, { phase: "creating" });
    const process = new FakeProcess(site);
    process.calls.staleNext("forge.list", []);
    process.calls.beforeNext("machines.freeze", () => {
      site.assignJob(A);
    });
    await reconcile(process, fleetOf(1));
    expect(site.killedJobs).to.deep.equal([]);
    expect(site.machines.get(A)?.state).to.equal("running");
  });

  describe("check()", () => {
    it("counts live runners and changes nothing", async () => {
      const site = siteWith(A, B);
      site.assignJob(B);
      site.addRunner(C, {}, { online: false });
      site.addMachine(D);
      site.addMachine(runnerName(5), { state: "stopped" });
      const process = new FakeProcess(site);
      const counts = await process.manager.check(unaborted());
      expect(counts).to.deep.equal({
        online: 1,
        busy: 1,
        offline: 1,
        unknown: 1,
        names: [A, B, C, D],
        busyNames: [B],
        standby: 0,
      });
      expect(process.calls.made).to.have.members(["scopes.former", "machines.list", "forge.list"]);
    });
  });
});

describe("countRunners()", () => {
  it("counts each live runner once", () => {
    const site = siteWith(A, B);
    site.changeMachine(B, { state: "frozen" });
    site.changeRegistration(B, { online: false, busy: true });
    const runners = [...site.machines.values()].map((machine) => ({
      machine,
      registration: site.registrationOf(machine.name),
    }));
    const { online, busy, offline, unknown } = countRunners(runners, 2);
    expect([online, busy, offline, unknown]).to.deep.equal([1, 1, 0, 0]);
  });
});
