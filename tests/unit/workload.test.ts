import { expect } from "chai";
import { never } from "../runners/test-replanning.ts";
import { ApplicationEndedError } from "../../src/runners/errors.ts";
import { findCause } from "charm-kit";
import { statusOf, summarise } from "../../src/charm/status.ts";
import {
  MissingPermissionError,
  ScaleSetsMissingError,
  ScaleSetTakenError,
} from "../../src/github/errors.ts";
import type { HeardDemand } from "../../src/unit/demand.ts";
import { FakeUnit, type UnitProcess } from "./fake-unit.ts";

const signal = new AbortController().signal;
const WHOLE = { isWhole: true };
const QUICK = { isWhole: false };
const launches = ({ process }: UnitProcess) =>
  process.calls.made.filter((verb) => verb === "machines.launch").length;
const specs = ({ process }: UnitProcess) =>
  [...process.machines.specs.values()].map(({ template }) => template);

const missingPermission = () =>
  new MissingPermissionError(
    "make the scale set",
    { needed: "the scope 'admin:org'", granted: undefined, accepted: undefined, detail: "no" },
    { status: 403, requestId: undefined },
  );

describe("Workload.refill()", () => {
  let unit: FakeUnit;
  let hook: UnitProcess;
  let service: UnitProcess;

  beforeEach(() => {
    unit = new FakeUnit();
    hook = unit.open();
    service = unit.open();
  });

  it("creates nothing and builds nothing without an image, and replaces used runners once a hook has built one", async () => {
    expect(await service.workload.refill(WHOLE, signal)).to.equal(undefined);
    expect([unit.builds, launches(service)]).to.deep.equal([0, 0]);
    const { counts } = await hook.workload.reconcile(signal);
    unit.site.finishJob(counts.names[0] ?? "");
    const report = await service.workload.refill(QUICK, signal);
    expect(report).to.deep.include({ created: 1, image: "current", capacity: 2 });
    expect(report?.counts.online).to.equal(2);
    expect(report?.runners.map(({ name, state }) => [name, state])).to.deep.equal(
      unit.site.machineNames().map((name) => [name, "online"]),
    );
    expect(unit.builds).to.equal(1);
  });

  describe("with a demand", () => {
    const heard = (assigned: number, change: Partial<HeardDemand> = {}): HeardDemand => ({
      ...{ key: "key", lastMessageId: 1, assigned, running: 0, waitingSince: unit.site.now - 8000 },
      heardAt: unit.site.now,
      ...change,
    });

    beforeEach(async () => {
      unit.scaling = { idle: 0, scaleSetName: "" };
      hook = unit.open();
      service = unit.open();
      unit.demand.value = heard(0);
      await hook.workload.prepare(signal);
    });

    it("has no runner without a job, one for each job, and no more than the unit may have", async () => {
      expect((await service.workload.refill(QUICK, signal))?.counts.names).to.deep.equal([]);
      unit.demand.value = heard(1);
      const one = await service.workload.refill(QUICK, signal);
      expect(one?.counts.online).to.equal(1);
      expect(one).to.deep.include({ capacity: 1, notices: ["1 job waits (longest 8 s)"] });
      unit.demand.value = heard(9);
      const most = await service.workload.refill(QUICK, signal);
      expect(most?.counts.online).to.equal(2);
      expect(most).to.deep.include({ capacity: 2, notices: ["9 jobs wait (longest 8 s)"] });
      unit.demand.value = heard(0);
      expect((await service.workload.refill(QUICK, signal))?.counts.names).to.deep.equal([]);
    });

    for (const [what, taken] of [
      ["scale set that another unit has", new ScaleSetTakenError("builders", "runners-1")],
      ["GitHub without scale sets", new ScaleSetsMissingError("make the scale set", "use scaling=fixed")],
      ["permission that is missing", missingPermission()],
    ] as const)
      it(`is told of a ${what}, also while no job waits`, async () => {
        unit.scaleSet = {
          name: "builders",
          formerFigures: () => Promise.reject(taken),
          formerNotices: [],
          glance: () => Promise.resolve(undefined),
          ensure: () => Promise.reject(taken),
        };
        expect((await unit.open().workload.refill(QUICK, signal))?.failures).to.deep.equal([taken]);
        const report = await unit.open().workload.reconcile(signal);
        expect(report.failures).to.deep.equal([taken]);
        const status = summarise(report.counts, 2, report);
        expect(status.name).to.equal("blocked");
        // Behind what the unit was about to do.
        expect(status).to.have.property("message").that.contains(taken.message.split(": ").at(-1));
        // Another failure of GitHub is told where it matters.
        unit.scaleSet = { ...unit.scaleSet, ensure: () => Promise.reject(new Error("no answer")) };
        expect((await unit.open().workload.refill(QUICK, signal))?.failures).to.deep.equal([]);
      });

    it("has runners for the jobs of former scale sets too, and asks for these no more while it is paused", async () => {
      let asked = 0;
      unit.scaleSet = {
        name: "builders",
        glance: () => Promise.resolve(undefined),
        ensure: () => Promise.resolve(1),
        formerNotices: ["a former scale set is refused"],
        formerFigures: () => {
          asked += 1;
          return Promise.resolve({ assigned: 1, running: 0, missing: 1 });
        },
      };
      const { workload } = unit.open();
      const report = await workload.refill(QUICK, signal);
      expect(report?.counts.online).to.equal(1);
      expect(report).to.include({ capacity: 1 });
      expect(report?.notices).to.include("a former scale set is refused");
      unit.demand.value = heard(1);
      expect((await workload.refill(QUICK, signal))?.counts.online).to.equal(2);
      const before = asked;
      await unit.open().workload.tidy(signal);
      expect(asked).to.equal(before);
    });

    it("registers runners for jobs of a former path there, from standby too, and has none there when these are over", async () => {
      const FORMER = "scope-0";
      const { site } = unit;
      site.recorded.set(FORMER, undefined);
      site.isNeeded = () => true;
      unit.standby = 1;
      await service.workload.refill(WHOLE, signal);
      for (let isDone: boolean | undefined = false; isDone === false;)
        isDone = (await service.workload.makeUpStandby(signal, signal))?.isDone;
      const former = (waiting: number, missing: number, running = 0) => {
        const jobs = { assigned: waiting + running, running };
        const scopes = [{ scopeKey: FORMER, waiting, missing }];
        unit.former = { ...jobs, scopes, untried: [], notices: ["told"] };
      };
      former(1, 1);
      unit.demand.value = heard(1);
      const report = await service.workload.refill(QUICK, signal);
      expect(report?.counts.online).to.equal(2);
      expect(report?.notices).to.include("told");
      expect(site.registrationsAt(FORMER)).to.have.lengthOf(1);
      expect(site.registrationsAt("scope-1")).to.have.lengthOf(1);
      expect([...site.machines.values()].map(({ scopeKey }) => scopeKey)).to.have.members([
        FORMER,
        "scope-1",
      ]);
      // The job was cancelled: no other one goes there, and one that waits here needs the room.
      former(0, 0);
      unit.demand.value = heard(2);
      await service.workload.refill(QUICK, signal);
      expect(site.registrationsAt(FORMER)).to.have.lengthOf(0);
      expect(site.registrationsAt("scope-1")).to.have.lengthOf(2);
    });

    it("makes room for a job of a former path by an idle runner that has none to come", async () => {
      const FORMER = "scope-0";
      unit.site.recorded.set(FORMER, undefined);
      unit.site.isNeeded = () => true;
      unit.scaling = { idle: 2, scaleSetName: "" };
      service = unit.open();
      expect((await service.workload.refill(QUICK, signal))?.counts.online).to.equal(2);
      unit.former = {
        ...{ assigned: 1, running: 0, untried: [], notices: [] },
        scopes: [{ scopeKey: FORMER, waiting: 1, missing: 1 }],
      };
      expect((await service.workload.refill(QUICK, signal))?.counts.online).to.equal(2);
      expect(unit.site.registrationsAt(FORMER)).to.have.lengthOf(1);
    });

    it("tries a former path that has failed again by one runner, in no other job's place, and announces its room", async () => {
      const FORMER = "scope-0";
      const { site } = unit;
      site.recorded.set(FORMER, undefined);
      site.isNeeded = () => true;
      unit.former = {
        ...{ assigned: 0, running: 0, untried: [FORMER], notices: ["told"] },
        scopes: [{ scopeKey: FORMER, waiting: 0, missing: 0 }],
      };
      unit.demand.value = heard(2);
      const full = await service.workload.refill(QUICK, signal);
      expect(full).to.deep.include({ failures: [], formerJobs: 0 });
      expect(site.registrationsAt("scope-1")).to.have.lengthOf(2);
      expect(site.registrationsAt(FORMER)).to.have.lengthOf(0);
      unit.demand.value = heard(1);
      for (const { name } of site.registrationsAt("scope-1").slice(0, 1)) site.finishJob(name);
      site.barred.add(FORMER);
      const failed = await service.workload.refill(QUICK, signal);
      expect(failed).to.deep.include({ failures: [], formerJobs: 0 });
      expect([...site.faults.keys()]).to.deep.equal([FORMER]);
      expect(site.registrationsAt("scope-1")).to.have.lengthOf(1);
      site.barred.clear();
      await service.workload.refill(QUICK, signal);
      expect(site.registrationsAt(FORMER)).to.have.lengthOf(1);
      expect(site.registrationsAt("scope-1")).to.have.lengthOf(1);
    });

    it("keeps standby instances while no job waits", async () => {
      unit.standby = 1;
      await service.workload.refill(WHOLE, signal);
      const never = new AbortController().signal;
      for (let isDone: boolean | undefined = false; isDone === false;)
        isDone = (await service.workload.makeUpStandby(never, signal))?.isDone;
      expect(unit.site.standby.size).to.equal(1);
      const counts = (await service.workload.refill(WHOLE, signal))?.counts;
      expect([counts?.names, counts?.standby]).to.deep.equal([[], 1]);
      // A job takes it.
      unit.demand.value = heard(1);
      const names = unit.site.standbyNames();
      expect((await service.workload.refill(QUICK, signal))?.counts.names).to.deep.equal(names);
    });

    it("replaces idle runners that get none of the jobs that GitHub assigns, and does so once", async () => {
      unit.demand.value = heard(2);
      const before = (await service.workload.refill(QUICK, signal))?.counts.names ?? [];
      unit.site.pass(1000);
      const since = unit.site.now;
      unit.site.pass(600_000);
      const doubted = () => ({
        suspicion: { kind: "unclaimed", jobs: 2, since, attempts: 2, attemptedAt: unit.site.now } as const,
      });
      unit.demand.value = heard(2, doubted());
      const after = (await service.workload.refill(QUICK, signal))?.counts.names ?? [];
      expect(after).to.have.length(2);
      expect(after.filter((name) => before.includes(name))).to.deep.equal([]);
      unit.site.pass(600_000);
      unit.demand.value = heard(2, doubted());
      expect((await service.workload.refill(QUICK, signal))?.counts.names).to.deep.equal(after);
    });

    it("keeps a busy runner when the demand has gone", async () => {
      unit.demand.value = heard(2);
      const { names } = (await service.workload.refill(QUICK, signal))?.counts ?? { names: [] };
      unit.site.assignJob(names[0] ?? "");
      unit.demand.value = heard(0);
      expect((await service.workload.refill(QUICK, signal))?.counts.names).to.deep.equal([names[0]]);
    });

    it("keeps its idle runners, and says so, when nothing was heard for long, or of another scale set alone", async () => {
      unit.scaling = { idle: 1, scaleSetName: "" };
      hook = unit.open();
      for (const stale of [
        heard(2, { heardAt: unit.site.now - 300_000 }),
        heard(2, { key: "other" }),
        null,
      ]) {
        unit.demand.value = stale;
        const report = await hook.workload.reconcile(signal);
        expect(report.counts.online).to.equal(1);
        expect(report.notices).to.deep.equal([
          "the runner service has not heard of GitHub's jobs for 5 minutes: 1 idle runner is kept",
        ]);
      }
    });
  });

  it("gives up the scale sets of a fixed number of runners with whole rounds, and works on where GitHub does not answer", async () => {
    let released = 0;
    unit.unusedScaleSets = {
      release: () => {
        released += 1;
        return released === 1 ? Promise.resolve() : Promise.reject(new Error("no answer"));
      },
    };
    await unit.open().workload.reconcile(signal);
    expect(released).to.equal(1);
    const { workload } = unit.open();
    expect(await workload.refill(WHOLE, signal)).to.deep.include({ failures: [], notices: [] });
    expect(released).to.equal(2);
    await workload.refill(QUICK, signal);
    expect(released).to.equal(2);
  });

  it("creates no runner that it has no leave for, and removes used ones all the same", async () => {
    const { counts } = await hook.workload.reconcile(signal);
    unit.site.finishJob(counts.names[0] ?? "");
    const held = await service.workload.refill({ ...QUICK, mostCreations: 0 }, signal);
    expect(held).to.include({ created: 0 });
    expect(unit.site.machineNames()).to.deep.equal([counts.names[1]]);
    expect(await service.workload.refill({ ...QUICK, mostCreations: 1 }, signal)).to.include({ created: 1 });
  });

  it("plans again while it creates runners, as long as it may create as many as are missing", async () => {
    const { counts } = await hook.workload.reconcile(signal);
    const [used = "", working = ""] = counts.names;
    unit.site.assignJob(working);
    const calls = service.process.calls;
    const reasons = () => {
      let asked = 0;
      return {
        observed: () => undefined,
        next: (limited: AbortSignal) => {
          asked += 1;
          if (asked > 1) return never(limited);
          unit.site.finishJob(working);
          return Promise.resolve(true);
        },
        get asked() {
          return asked;
        },
      };
    };
    unit.site.finishJob(used);
    const [few, all] = [reasons(), reasons()];
    await service.workload.refill({ ...QUICK, mostCreations: 1, replanReasons: few }, signal);
    expect(few.asked).to.equal(0);
    unit.site.finishJob(unit.site.machineNames().find((name) => name !== working) ?? "");
    calls.holdNext("machines.deliver", "machines.delete");
    const report = await service.workload.refill({ ...QUICK, replanReasons: all }, signal);
    expect(report).to.deep.include({ created: 2, failures: [] });
    expect(unit.site.machineNames()).to.have.length(2).and.not.include(working);
  });

  it("gives way to `tidy()` while it is paused, which removes what has ended, creates nothing and looks at nothing else", async () => {
    const { counts } = await hook.workload.reconcile(signal);
    const [used = "", working = ""] = counts.names;
    unit.site.assignJob(working);
    unit.site.finishJob(used);
    unit.site.pass(60 * 60_000);
    const before = unit.looks;
    const report = await service.workload.tidy(signal);
    expect(report).to.include({ created: 0, image: "current" });
    expect(report?.counts.busyNames).to.deep.equal([working]);
    expect(unit.site.machineNames()).to.deep.equal([working]);
    unit.site.finishJob(working);
    await service.workload.tidy(signal);
    expect(unit.site.machineNames()).to.deep.equal([]);
    expect(unit.site.registrations.size).to.equal(0);
    expect([unit.looks, launches(service)]).to.deep.equal([before, 0]);
  });

  it("leaves idle runners in service while it is paused, outdated ones too, and removes nothing without an image", async () => {
    const { counts } = await hook.workload.reconcile(signal);
    unit.site.pass(25 * 60 * 60_000);
    expect(await service.workload.tidy(signal)).to.include({ created: 0, waiting: 2, image: "due" });
    expect(unit.site.machineNames()).to.deep.equal(counts.names);
    unit.images = [];
    expect(await service.workload.tidy(signal)).to.equal(undefined);
    expect(unit.site.machineNames()).to.deep.equal(counts.names);
  });

  it("leaves working runners alone for which it may create no successor", async () => {
    const { counts } = await hook.workload.reconcile(signal);
    unit.site.pass(7 * 60 * 60_000);
    await hook.workload.buildImage(signal);
    const held = await service.workload.refill({ ...WHOLE, mostCreations: 0 }, signal);
    expect(held).to.include({ created: 0, waiting: 2 });
    expect(unit.site.machineNames()).to.deep.equal(counts.names);
    await service.workload.refill(QUICK, signal);
    expect(specs(service)).to.deep.equal(["template-2", "template-2"]);
  });

  it("tells that an image is due, and why an older one is in use while builds fail", async () => {
    await hook.workload.reconcile(signal);
    unit.site.pass(8 * 60 * 60_000);
    expect(await service.workload.refill(WHOLE, signal)).to.deep.include({ image: "due", notices: [] });
    unit.buildFault = new Error("no space");
    await hook.workload.reconcile(signal);
    const report = await service.workload.refill(WHOLE, signal);
    expect(report?.image).to.equal("due");
    expect(report?.notices).to.deep.equal([
      "image build failed, using the image of 2026-01-01 00:00 UTC: no space",
    ]);
  });

  it("lets the next hook build an image when GitHub refuses the version of the runner application", async () => {
    await hook.workload.reconcile(signal);
    for (const name of unit.site.machineNames()) unit.site.finishJob(name);
    unit.site.endings.push(7, 7);
    unit.version = "2.338.0";
    const report = await service.workload.refill(QUICK, signal);
    expect(report?.image).to.equal("refused");
    expect(
      report?.failures.every((failure) => findCause(failure, ApplicationEndedError)?.versionRefused),
    ).to.equal(true);
    expect(unit.builds).to.equal(1);
    const { counts } = await hook.workload.reconcile(signal);
    expect(unit.builds).to.equal(2);
    expect(counts.online).to.equal(2);
    expect(await service.workload.refill(QUICK, signal)).to.include({ image: "current", created: 0 });
  });

  it("has nothing to ask a hook for while GitHub offers no other version than the one that it refuses", async () => {
    await hook.workload.reconcile(signal);
    for (const name of unit.site.machineNames()) unit.site.finishJob(name);
    unit.site.endings.push(7, 7);
    expect(await service.workload.refill(QUICK, signal)).to.include({
      image: "current",
      versionRefused: true,
    });
  });
});

describe("a unit on a member of an LXD cluster", () => {
  let unit: FakeUnit;
  let hook: UnitProcess;
  let service: UnitProcess;
  const processes = () => [hook, service] as const;

  beforeEach(async () => {
    unit = new FakeUnit();
    unit.isMember = true;
    unit.standby = 1;
    hook = unit.open();
    service = unit.open();
    await hook.workload.reconcile(signal);
  });

  it("lets its runners end their jobs before they shut down, and one outside a cluster does not", async () => {
    const other = new FakeUnit();
    const alone = other.open();
    await alone.workload.reconcile(signal);
    const waits = ({ process }: UnitProcess) =>
      [...process.machines.payloads.values()].map((payload) => payload.reveal().includes("/halt.target "));
    expect([waits(hook), waits(alone)]).to.deep.equal([
      [true, true],
      [false, false],
    ]);
  });

  it("looks at the runner application's version and at its member once, before it looks at the machine", async () => {
    unit.looked.length = 0;
    await hook.workload.reconcile(signal);
    const before = unit.looked.slice(0, unit.looked.indexOf("machine"));
    expect(before).to.deep.equal(["turn", "version", "member"]);
    expect(unit.looked.filter((look) => look === "turn" || look === "member")).to.have.lengthOf(2);
  });

  it("is left by runners without a job and standby instances once it is evacuated, and looks at nothing else", async () => {
    const [busy = "", idle = ""] = unit.site.machineNames();
    unit.site.assignJob(busy);
    unit.site.isEvacuated = true;
    const looks = unit.looks;
    for (const { workload } of processes()) {
      const report = await workload.refill(WHOLE, signal);
      expect(report).to.deep.include({
        evacuated: "m1",
        created: 0,
        capacity: 0,
        failures: [],
        image: "current",
      });
      expect(report?.counts).to.include({ busy: 1, online: 0, standby: 0 });
      expect(await workload.makeUpStandby(signal, signal)).to.equal(undefined);
    }
    expect((await hook.workload.reconcile(signal)).counts.names).to.deep.equal([busy]);
    expect(unit.site.registrationNames()).to.not.include(idle);
    unit.site.finishJob(busy);
    expect((await service.workload.refill(QUICK, signal))?.counts.names).to.deep.equal([]);
    expect([unit.looks, unit.site.killedJobs]).to.deep.equal([looks, []]);
  });

  it("takes no runner that LXD has stopped for one that failed", async () => {
    unit.site.isEvacuated = true;
    for (const name of unit.site.machineNames()) unit.site.changeMachine(name, { state: "stopped" });
    const report = await service.workload.refill(QUICK, signal);
    expect(report).to.deep.include({ failures: [], ended: [] });
    expect(unit.earlyEnds.value).to.equal(null);
    expect(unit.site.machineNames()).to.deep.equal([]);
  });

  it("is drained while a person must mend the settings, too", async () => {
    unit.site.isEvacuated = true;
    expect(await service.workload.tidy(signal)).to.include({ evacuated: "m1" });
    expect(unit.site.machineNames()).to.deep.equal([]);
  });

  it("has more runners in place of lost ones of other units, and says so, but not while it is evacuated itself", async () => {
    unit.replacements = 2;
    const more = unit.open();
    const lost = [1, 2, 3].map((n) => `runners-1-abcdef00000${n}`);
    unit.site.lost = { names: lost, units: ["runners/0", "runners/2"], unit: "runners/0" };
    const told = "virtual-machines + 1, in place of runners on LXD cluster members that are off";
    const report = await more.workload.refill(WHOLE, signal);
    expect(report).to.deep.include({ created: 1, replacing: 1, capacity: 3, room: 3, notices: [told] });
    unit.site.isEvacuated = true;
    expect(await more.workload.refill(WHOLE, signal)).to.deep.include({ replacing: 0, room: 0 });
    unit.site.isEvacuated = false;
    unit.site.lost = undefined;
    const back = await more.workload.refill(WHOLE, signal);
    expect(back).to.deep.include({ created: 2, replacing: 0, capacity: 2, room: 2, notices: [] });
    expect(unit.sizes.at(-1)).to.include({ count: 2, replacements: 2 });
    unit.isMember = false;
    await more.workload.refill(WHOLE, signal);
    expect(unit.sizes.at(-1)).to.include({ count: 2, replacements: 0 });
  });

  it("has its runners again once it is restored, after a look at what they stand on", async () => {
    const before = unit.site.machineNames();
    unit.site.isEvacuated = true;
    await service.workload.refill(QUICK, signal);
    unit.site.isEvacuated = false;
    const looks = unit.looks;
    const report = await service.workload.refill(QUICK, signal);
    expect(report).to.include({ created: 2, capacity: 2 }).and.not.have.property("evacuated");
    expect(report?.counts.names).to.have.lengthOf(2).and.not.include.members(before);
    expect(unit.looks).to.equal(looks + 1);
  });

  it("waits for the restoration before it builds an image", async () => {
    unit.site.isEvacuated = true;
    unit.images = [];
    const works = [
      hook.workload.prepare(signal),
      hook.workload.buildImage(signal),
      hook.workload.reconcile(signal),
      service.workload.refill(WHOLE, signal),
    ];
    for (const outcome of await Promise.allSettled(works)) {
      expect(outcome.status === "rejected" && statusOf(outcome.reason)).to.deep.equal({
        name: "waiting",
        message:
          "Cannot build the runner image: LXD cluster member m1 is evacuated: runners are created again once it is " +
          "restored (lxc cluster restore m1)",
      });
    }
  });
});

describe("a hook and the runner service at once", () => {
  let unit: FakeUnit;
  let hook: UnitProcess;
  let service: UnitProcess;

  beforeEach(async () => {
    unit = new FakeUnit();
    hook = unit.open();
    service = unit.open();
    await hook.workload.reconcile(signal);
    await service.workload.refill(WHOLE, signal);
    hook.process.calls.made.length = 0;
    service.process.calls.made.length = 0;
  });

  for (const verb of ["machines.list", "machines.launch", "forge.register", "machines.deliver"] as const) {
    it(`create no runner twice, and do not repeat the work, when the hook comes at ${verb} of the service's round`, async () => {
      for (const name of unit.site.machineNames()) unit.site.finishJob(name);
      const late = Promise.withResolvers<unknown>();
      service.process.calls.beforeNext(verb, () => {
        late.resolve(hook.workload.reconcile(signal));
      });
      expect(await service.workload.refill(QUICK, signal)).to.include({ created: 2 });
      expect(await late.promise).to.deep.include({ created: 0, delta: 0, failures: [] });
      expect([launches(service), launches(hook)]).to.deep.equal([2, 0]);
      // One look at each side, and nothing else.
      expect(hook.process.calls.made.filter((made) => !made.startsWith("scopes."))).to.have.members([
        "machines.list",
        "forge.list",
      ]);
      expect(unit.site.mostMachines).to.equal(2);
    });
  }

  it("read LXD's list of instances once, which shows the images too", async () => {
    unit.imageLists = 0;
    await hook.workload.reconcile(signal);
    await service.workload.refill(WHOLE, signal);
    for (const { process } of [hook, service])
      expect(process.calls.made.filter((made) => made === "machines.list")).to.have.length(1);
    expect(unit.imageLists).to.equal(0);
  });

  it("create from the image that is there when their turn comes", async () => {
    for (const name of unit.site.machineNames()) unit.site.finishJob(name);
    const round = Promise.withResolvers<unknown>();
    hook.process.calls.beforeNext("machines.list", () => {
      // It waits for the lock from here on.
      round.resolve(service.workload.refill(QUICK, signal));
    });
    hook.process.calls.beforeNext("machines.launch", () => {
      const [image] = unit.images;
      if (!image) return;
      unit.images = [{ ...image, template: "template-9", fingerprint: "00000009" }];
      unit.site.templates.delete(image.template);
      unit.site.templates.add("template-9");
    });
    const { failures } = await hook.workload.reconcile(signal);
    expect(failures).to.have.length(2);
    expect(await round.promise).to.deep.include({ created: 2, failures: [] });
    expect(specs(service).slice(-2)).to.deep.equal(["template-9", "template-9"]);
  });

  it("count every runner that ended at once", async () => {
    const end = (name: string) => ({ name, code: 3, seconds: 2, output: "" });
    hook.process.metrics.ends.push(end("a"));
    service.process.metrics.ends.push(end("b"), end("c"));
    await Promise.all([hook.workload.reconcile(signal), service.workload.refill(QUICK, signal)]);
    expect(unit.earlyEnds.value).to.include({ count: 3 });
  });
});

describe("standby instances", () => {
  let unit: FakeUnit;
  let hook: UnitProcess;
  let service: UnitProcess;
  const never = new AbortController().signal;

  beforeEach(() => {
    unit = new FakeUnit();
    unit.standby = 1;
    hook = unit.open();
    service = unit.open();
  });

  it("are made by a hook after its runners, where no service runs", async () => {
    const { counts, delta } = await hook.workload.reconcile(signal);
    expect([counts.online, counts.standby, delta]).to.deep.equal([2, 1, 2]);
    expect(unit.site.standby.size).to.equal(1);
  });

  it("are left to the service where one runs, which makes them after its round", async () => {
    unit.hasService = true;
    expect((await hook.workload.reconcile(signal)).counts.standby).to.equal(0);
    await service.workload.refill(WHOLE, signal);
    const steps = [];
    for (let isDone: boolean | undefined = false; isDone === false;) {
      const step = await service.workload.makeUpStandby(never, signal);
      steps.push(step);
      isDone = step?.isDone;
    }
    expect(steps.at(-1)).to.deep.equal({ standby: 1, isDone: true });
    expect(unit.site.standby.size).to.equal(1);
  });

  it("are not listed again after a round that has found all of them", async () => {
    await hook.workload.reconcile(signal);
    await service.workload.refill(WHOLE, signal);
    const lists = () => service.process.calls.made.filter((verb) => verb === "machines.list").length;
    const before = lists();
    expect(await service.workload.makeUpStandby(never, signal)).to.deep.equal({ standby: 1, isDone: true });
    expect(lists()).to.equal(before);
    unit.site.standby.clear();
    expect(await service.workload.makeUpStandby(never, signal)).to.include({ standby: 1 });
    expect(unit.site.standby.size).to.equal(1);
  });

  it("are not made before a service has looked at its runners", async () => {
    expect(await service.workload.makeUpStandby(never, signal)).to.equal(undefined);
  });

  it("are given up where memory is scarce, and made again where there is plenty", async () => {
    await hook.workload.reconcile(signal);
    unit.memory = { ...unit.memory, available: 4 * 2 ** 30 };
    await service.workload.refill(QUICK, signal);
    expect([unit.site.standby.size, unit.site.machines.size]).to.deep.equal([0, 2]);
    unit.memory = { ...unit.memory, available: 9 * 2 ** 30 };
    expect(await service.workload.makeUpStandby(never, signal)).to.deep.equal({ standby: 0, isDone: true });
    unit.memory = { ...unit.memory, available: 20 * 2 ** 30 };
    expect(await service.workload.makeUpStandby(never, signal)).to.include({ standby: 1 });
  });

  it("do not fail a hook when they cannot be made", async () => {
    await hook.workload.reconcile(signal);
    unit.site.standby.clear();
    hook.process.calls.failNext("machines.start", new Error("no room"));
    expect((await hook.workload.reconcile(signal)).failures).to.deep.equal([]);
    expect(unit.site.standby.size).to.equal(0);
  });

  it("are gone once a newer image is there, and made from that", async () => {
    await hook.workload.reconcile(signal);
    const [old] = unit.site.standbyNames();
    unit.site.pass(7 * 60 * 60_000);
    await hook.workload.buildImage(signal);
    await hook.workload.reconcile(signal);
    expect(unit.site.standbyNames()).to.have.length(1).and.to.not.include(old);
    expect(specs(hook)).to.include("template-2");
  });
});
