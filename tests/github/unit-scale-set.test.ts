import { Redactor } from "charm-kit";
import { expect } from "chai";
import sinon from "sinon";
import {
  AccessBlockedError,
  parseLedger,
  type KnownScaleSet,
  type ScaleSetLedger,
  BadCredentialsError,
  MissingPermissionError,
  NameTakenError,
  RefusedError,
  RegistrationLostError,
  RunnerGroupError,
  ScaleSetSessionError,
  ScaleSetsMissingError,
  RateLimitError,
  ScaleSetTakenError,
  UnavailableError,
} from "../../src/github/index.ts";
import { DemandSite } from "../service/demand-site.ts";
import { rejection } from "../support/rejection.ts";

const signal = new AbortController().signal;

describe("UnitScaleSet", function () {
  this.timeout(120_000);
  let site: DemandSite;
  const sets = () => [...site.standIn.scaleSets.all.values()];
  const scaleSet = (change: Parameters<DemandSite["forge"]>[0] = {}) => {
    const forge = site.forge(change);
    const { scaleSet } = forge;
    if (scaleSet === undefined) throw new Error("There is no scale set.");
    return { forge, scaleSet };
  };

  beforeEach(async () => {
    site = await DemandSite.start();
  });
  afterEach(() => site.close());

  it("is made once, also by two processes, and in the runner group", async () => {
    const [one, other] = [scaleSet({ group: "builders" }), scaleSet({ group: "builders" })];
    const id = await one.scaleSet.ensure(signal);
    expect(await other.scaleSet.ensure(signal)).to.equal(id);
    expect(sets().map(({ name, groupId }) => ({ name, groupId }))).to.deep.equal([
      { name: "runners-0", groupId: 2 },
    ]);
  });

  it("registers the runners of a forge, which REST lists and deletes", async () => {
    const { forge } = scaleSet();
    await forge.checkRegistration(signal);
    const registration = await forge.register("runners-0-a", ["ignored"], signal);
    expect(registration.by).to.equal("just-in-time");
    const [runner] = await forge.list(signal);
    expect(runner).to.include({ name: "runners-0-a", online: false, busy: false });
    expect([...site.standIn.service.runners.values()].map(({ labels }) => labels)).to.deep.equal([
      ["linux", "x64"],
    ]);
    expect(await forge.deregister(runner?.id ?? 0, signal)).to.equal("gone");
    expect(site.standIn.violations).to.deep.equal([]);
  });

  it("keeps all tokens of its session out of texts", async () => {
    const redactor = new Redactor(site.clock);
    const add = sinon.spy(redactor, "add");
    const session = await scaleSet({ redactor }).scaleSet.open(signal);
    const tokens = add.args.map(([token]) => token);
    expect(tokens, "of the registration, the service and the session").to.have.length(3);
    for (const token of tokens)
      expect(redactor.scrub(`${token} is refused`)).to.equal("[redacted] is refused");
    await session.close(signal);
  });

  it("is replaced when its labels change, unless a job of it runs", async () => {
    const before = await scaleSet().scaleSet.ensure(signal);
    const changed = ["linux", "gpu"];
    const { scaleSet: used } = scaleSet();
    const { id } = await used.register("runners-0-a", signal);
    const runner = site.standIn.service.runners.get(id);
    if (!runner) throw new Error("There is no runner.");
    runner.busy = true;
    expect(await scaleSet({ labels: changed }).scaleSet.ensure(signal)).to.equal(before);
    runner.busy = false;
    expect(await scaleSet({ labels: changed }).scaleSet.ensure(signal)).to.not.equal(before);
    expect(sets().map(({ labels }) => labels)).to.deep.equal([changed]);
  });

  describe("of a name that another unit has", () => {
    const [own, others] = ["unit-runners-0-1a2b3c4d", "unit-other-3-5e6f7a8b"];

    it("is refused as long as the other listens, and neither changed nor deleted", async () => {
      const { scaleSet: other } = scaleSet({ ownerLabel: others });
      const session = await other.open(signal);
      for (const labels of [["linux", "x64"], ["gpu"]]) {
        const { forge, scaleSet: refused } = scaleSet({ ownerLabel: own, labels });
        for (const work of [refused.ensure(signal), refused.open(signal), forge.register("a", [], signal)]) {
          const thrown = await rejection(work);
          expect(thrown).to.be.instanceOf(ScaleSetTakenError).and.to.include({ owner: "other-3" });
          expect(thrown).to.have.property("message").that.contains("it is that of another unit, other-3");
        }
        await refused.delete(signal);
      }
      expect(sets().map(({ labels }) => labels)).to.deep.equal([["linux", "x64", others]]);
      expect(site.standIn.service.runners.size).to.equal(0);
      await session.close(signal);
    });

    it("is taken over from one that no longer listens, such as a unit that was removed by force", async () => {
      await scaleSet({ ownerLabel: others }).scaleSet.ensure(signal);
      await scaleSet({ ownerLabel: own }).scaleSet.ensure(signal);
      expect(sets().map(({ labels }) => labels)).to.deep.equal([["linux", "x64", own]]);
    });

    it("is refused when something that names no unit listens", async () => {
      await scaleSet().scaleSet.open(signal);
      const thrown = await rejection(scaleSet({ ownerLabel: own }).scaleSet.ensure(signal));
      expect(thrown).to.have.property("message").that.contains("something else, which listens to it");
    });

    it("is the unit's own beside the session of its killed process", async () => {
      const { scaleSet: killed } = scaleSet({ ownerLabel: own });
      await killed.open(signal);
      const { scaleSet: next } = scaleSet({ ownerLabel: own });
      expect(await next.ensure(signal)).to.equal(sets()[0]?.id);
      expect(await rejection(next.open(signal))).to.be.instanceOf(ScaleSetSessionError);
    });
  });

  describe("that is remembered", () => {
    let known: readonly KnownScaleSet[] | null;
    const ledger: ScaleSetLedger = {
      read: () => Promise.resolve(known),
      write: (next) => {
        // As a file keeps it.
        known = parseLedger(JSON.parse(JSON.stringify(next)));
        return Promise.resolve();
      },
    };
    const remembered = (change: Parameters<typeof scaleSet>[0] = {}) => scaleSet({ ledger, ...change });
    /** Assigns jobs that ask for a label to the scale set that has it. */
    const assign = async (count: number, label = "linux") => {
      for (const set of sets()) site.standIn.scaleSets.announce(set, 100);
      for (let index = 0; index < count; index += 1)
        await site.standIn.control("queue-job", { repository: "octo/hello", labels: [label] });
    };
    const start = (id: number) => {
      const { service } = site.standIn;
      const runner = service.runners.get(id);
      if (!runner) throw new Error("There is no runner.");
      service.connect(runner, { version: "2.337.0", os: "linux" });
      const job = service.jobs.get(runner.jobId ?? 0);
      if (job) service.acquire(runner, job);
      return job;
    };

    beforeEach(() => {
      known = null;
    });

    it("moves to another name and group with its jobs and its session", async () => {
      const { scaleSet: before } = remembered();
      const id = await before.ensure(signal);
      const session = await before.open(signal);
      await assign(2);
      const { scaleSet: after } = remembered({ name: "builders", group: "builders" });
      expect(await after.ensure(signal)).to.equal(id);
      expect(sets()).to.have.lengthOf(1);
      expect(sets()[0]).to.include({ id, name: "builders", groupId: 2, disableUpdate: true });
      expect(await after.figures(signal)).to.include({ assigned: 2 });
      expect(sets()[0]?.session).to.not.equal(undefined);
      await session.close(signal);
      // And back.
      expect(await remembered().scaleSet.ensure(signal)).to.equal(id);
      expect(await after.formerFigures(signal)).to.deep.equal({ assigned: 0, running: 0, missing: 0 });
    });

    it("stays beside one with other labels until its jobs have had runners, over the end of a process", async () => {
      const { scaleSet: before } = remembered();
      const id = await before.ensure(signal);
      const session = await before.open(signal);
      await assign(2);
      await session.close(signal);
      const labels = ["linux", "gpu"];
      const { scaleSet: killed } = remembered({ labels });
      const next = await killed.ensure(signal);
      expect(sets().map((set) => ({ id: set.id, name: set.name, labels: set.labels }))).to.deep.equal([
        { id, name: `runners-0-${id}`, labels: ["linux", "x64"] },
        { id: next, name: "runners-0", labels },
      ]);
      const { forge, scaleSet: after } = remembered({ labels });
      expect(await after.formerFigures(signal)).to.deep.equal({ assigned: 2, running: 0, missing: 2 });
      // Two of three at once are for the former one.
      const made = await Promise.all(["a", "b", "c"].map((name) => after.register(name, signal)));
      const { runners } = site.standIn.service;
      expect(made.map(({ id: runner }) => runners.get(runner)?.scaleSetId).sort()).to.deep.equal([
        id,
        id,
        next,
      ]);
      const jobs = made.map(({ id: runner }) => start(runner)).filter((job) => job !== undefined);
      expect(await after.formerFigures(signal)).to.deep.equal({ assigned: 2, running: 2, missing: 0 });
      for (const job of jobs) site.standIn.service.complete(job, "success");
      expect(jobs.map(({ conclusion, assignments }) => [conclusion, assignments])).to.deep.equal([
        ["success", 1],
        ["success", 1],
      ]);
      expect(await after.formerFigures(signal)).to.deep.equal({ assigned: 0, running: 0, missing: 0 });
      expect(sets().map((set) => set.id)).to.deep.equal([next]);
      expect(known?.map((set) => set.id)).to.deep.equal([next]);
      forge.close();
    });

    it("has runners for its jobs on a path that the unit has left, and is deleted with the last of them", async () => {
      const { scaleSet: before } = remembered();
      const id = await before.ensure(signal);
      const session = await before.open(signal);
      await assign(2);
      await session.close(signal);
      const here = remembered({ path: "octo/hello" });
      const present = await here.scaleSet.ensure(signal);
      expect(await here.scaleSet.formerFigures(signal)).to.deep.equal({
        assigned: 0,
        running: 0,
        missing: 0,
      });
      const { leftScaleSets: left, scaleSet: none } = site.forge({ left: ledger });
      expect(none).to.equal(undefined);
      expect(await left?.figures(signal)).to.deep.equal({ assigned: 2, running: 0, missing: 2 });
      await left?.checkRegistration("attempt", signal);
      expect(await left?.figures(signal), "nothing is left of an attempt").to.include({ missing: 2 });
      const forge = site.forge({ left: ledger });
      const made = await Promise.all(["a", "b"].map((name) => forge.register(name, [], signal)));
      expect(await left?.figures(signal)).to.deep.equal({ assigned: 2, running: 0, missing: 0 });
      const { runners } = site.standIn.service;
      expect(
        made.map((each) => each.by === "just-in-time" && runners.get(each.id)?.scaleSetId),
      ).to.deep.equal([id, id]);
      const jobs = made.map((each) => start(each.by === "just-in-time" ? each.id : 0));
      expect(await left?.figures(signal)).to.deep.equal({ assigned: 2, running: 2, missing: 0 });
      for (const job of jobs) if (job) site.standIn.service.complete(job, "success");
      expect(jobs.map((job) => [job?.conclusion, job?.assignments])).to.deep.equal([
        ["success", 1],
        ["success", 1],
      ]);
      expect(await left?.figures(signal)).to.deep.equal({ assigned: 0, running: 0, missing: 0 });
      expect(sets().map((set) => set.id)).to.deep.equal([present]);
      expect(known?.map((set) => set.id)).to.deep.equal([present]);
      expect(await rejection(forge.register("c", [], signal)))
        .to.have.property("message")
        .that.contains("over");
      // Whoever comes back finds none, and makes another.
      expect(await remembered().scaleSet.ensure(signal)).to.not.equal(id);
      expect(site.standIn.violations).to.deep.equal([]);
      forge.close();
    });

    it("is deleted once none of its jobs runs when the number of runners is fixed again; others get those that wait", async () => {
      const { scaleSet: before } = remembered();
      const session = await before.open(signal);
      await assign(2);
      const running = start((await before.register("a", signal)).id);
      await session.close(signal);
      const forge = site.forge({ unused: ledger });
      expect([forge.scaleSet, forge.leftScaleSets]).to.deep.equal([undefined, undefined]);
      await forge.unusedScaleSets?.release(signal);
      expect(sets()).to.have.lengthOf(1);
      if (running) site.standIn.service.complete(running, "success");
      await forge.unusedScaleSets?.release(signal);
      expect([sets(), known]).to.deep.equal([[], null]);
      const made = await forge.register("b", ["self-hosted", "linux"], signal);
      const job = start(made.by === "just-in-time" ? made.id : 0);
      expect(job?.scaleSetId).to.equal(undefined);
      if (job) site.standIn.service.complete(job, "success");
      expect([job?.conclusion, job?.assignments]).to.deep.equal(["success", 1]);
      expect(site.standIn.violations).to.deep.equal([]);
      forge.close();
    });

    it("is given up after a day, but for a job that runs: GitHub cancels those that wait so long", async () => {
      const { scaleSet: before } = remembered();
      await before.open(signal);
      await assign(2);
      await remembered({ path: "octo/hello" }).scaleSet.ensure(signal);
      const { leftScaleSets: left } = site.forge({ left: ledger });
      const made = await left?.register("a", signal);
      const job = start(made?.id ?? 0);
      expect(await left?.figures(signal)).to.include({ assigned: 2, running: 1 });
      known =
        known?.map(({ leftAt, ...set }) => ({ ...set, leftAt: leftAt && leftAt - 24 * 3_600_000 })) ?? null;
      expect(await left?.figures(signal)).to.include({ running: 1 });
      if (job) site.standIn.service.complete(job, "success");
      expect(await left?.figures(signal)).to.deep.equal({ assigned: 0, running: 0, missing: 0 });
      expect(known?.map(({ scope }) => scope.endsWith("/octo/hello"))).to.deep.equal([true]);
    });

    it("is gone at once when it has no jobs, and a former one with the unit", async () => {
      await remembered().scaleSet.ensure(signal);
      const { scaleSet: second } = remembered({ labels: ["linux", "gpu"] });
      await second.ensure(signal);
      expect(sets()).to.have.lengthOf(1);
      await second.open(signal);
      await assign(1, "gpu");
      const { scaleSet: third } = remembered({ labels: ["linux"] });
      await third.ensure(signal);
      expect(sets()).to.have.lengthOf(2);
      await third.delete(signal);
      expect(sets()).to.deep.equal([]);
    });

    it("is made anew where GitHub has deleted what is remembered", async () => {
      const { scaleSet: before } = remembered();
      await before.open(signal);
      await assign(1);
      await remembered({ labels: ["gpu"] }).scaleSet.ensure(signal);
      await site.standIn.control("drop-scale-set", { name: `runners-0-${sets()[0]?.id ?? 0}` });
      await site.standIn.control("drop-scale-set", { name: "runners-0" });
      const { scaleSet: after } = remembered({ labels: ["gpu"], name: "builders" });
      await after.register("a", signal);
      expect(await after.formerFigures(signal)).to.deep.equal({ assigned: 0, running: 0, missing: 0 });
      expect(sets().map(({ name }) => name)).to.deep.equal(["builders"]);
    });
  });

  it("is deleted, and may be gone already", async () => {
    const { scaleSet: set } = scaleSet();
    await set.ensure(signal);
    await set.delete(signal);
    await set.delete(signal);
    expect(sets()).to.deep.equal([]);
  });

  it("is refused a second session, which is told as another's", async () => {
    const { scaleSet: set } = scaleSet();
    await set.open(signal);
    const thrown = await rejection(set.open(signal));
    expect(thrown).to.be.instanceOf(ScaleSetSessionError);
    expect(thrown).to.have.property(
      "message",
      "Cannot open the session of the scale set: another session of this scale set is alive; GitHub ends it within minutes",
    );
  });

  it("acquires the other jobs where GitHub refuses one of them, says why, and leaves a lost session to its listener", async () => {
    await site.standIn.control("set-scale-sets", { offersJobs: true });
    const { scaleSet: set } = scaleSet();
    const session = await set.open(signal);
    await site.queue(2);
    const batch = await session.poll({ lastMessageId: 0, capacity: 5 }, signal);
    const offered = batch?.offered ?? [];
    const refused = (status: number, times: number) =>
      site.standIn.control("add-fault", {
        route: "scale-set-acquire",
        times,
        fault: { kind: "status", status, message: "it is no job" },
      });
    // Both together, and then the first one.
    await refused(400, 2);
    expect(await session.acquire(offered, signal)).to.equal(
      "Cannot acquire jobs: GitHub refuses it, GitHub answered 400 (it is no job); correct what its answer names",
    );
    expect((await set.figures(signal))?.assigned).to.equal(1);
    expect(await session.acquire(offered, signal)).to.equal(undefined);
    expect((await set.figures(signal))?.assigned).to.equal(2);
    await refused(404, 1);
    const lost = await rejection(session.acquire(offered, signal));
    expect(lost).to.be.instanceOf(UnavailableError);
    expect(lost.message).to.match(/GitHub answered 404 .*; it is made again$/);
  });

  it("tells a taken name, and deletes what a lost answer has left", async () => {
    const { scaleSet: set } = scaleSet();
    await set.register("runners-0-a", signal);
    expect(await rejection(set.register("runners-0-a", signal))).to.be.instanceOf(NameTakenError);
    for (const fault of [
      { kind: "reset-after" },
      { kind: "status", status: 502, afterEffect: true },
    ] as const) {
      await site.standIn.control("add-fault", { route: "scale-set-jitconfig", fault });
      const lost = await rejection(set.register("runners-0-b", signal));
      expect(lost).to.be.instanceOf(RegistrationLostError).and.to.include({ cleaned: true });
    }
    expect([...site.standIn.service.runners.values()].map(({ name }) => name)).to.deep.equal(["runners-0-a"]);
  });

  it("is made again after GitHub has deleted it", async () => {
    const { scaleSet: set } = scaleSet();
    await set.ensure(signal);
    await site.standIn.control("drop-scale-set", { name: "runners-0" });
    expect(await rejection(set.register("runners-0-a", signal))).to.be.instanceOf(UnavailableError);
    await set.register("runners-0-b", signal);
    expect(sets()).to.have.lengthOf(1);
  });

  it("says what credentials and configuration lack", async () => {
    expect(await rejection(scaleSet({ token: "ghp_unknown" }).scaleSet.ensure(signal))).to.be.instanceOf(
      BadCredentialsError,
    );
    await site.standIn.control("add-token", { token: "ghp_weak", scopes: ["repo"] });
    const weak = await rejection(scaleSet({ token: "ghp_weak" }).scaleSet.ensure(signal));
    expect(weak).to.be.instanceOf(MissingPermissionError);
    expect(weak).to.have.property("message").that.contains("the token needs the scope 'admin:org'");
    expect(await rejection(scaleSet({ group: "nobody" }).scaleSet.ensure(signal))).to.be.instanceOf(
      RunnerGroupError,
    );
  });

  for (const status of [403, 429] as const) {
    it(`tells a rate limit of GitHub from a missing permission, and until when it lasts: ${status}`, async () => {
      const { clock } = site.standIn.service;
      for (const fault of [
        { kind: "primary-rate-limit", status, resetInMs: 1_800_000 },
        { kind: "secondary-rate-limit", status, retryAfterSeconds: 1800 },
      ] as const) {
        await site.standIn.control("add-fault", { route: "registration-token", fault, times: 9 });
        const thrown = await rejection(scaleSet().scaleSet.ensure(signal));
        await site.standIn.control("clear-faults", null);
        if (!(thrown instanceof RateLimitError)) throw thrown;
        expect(thrown.limit).to.equal(fault.kind.replace("-rate-limit", ""));
        expect(thrown.resetAt - clock.now()).to.be.within(1_790_000, 1_801_000);
      }
    });
  }

  it("says which rule of the organisation keeps the token out", async () => {
    const fault = {
      kind: "status",
      status: 403,
      message: "Resource protected by organization SAML enforcement.",
      headers: { "x-github-sso": "required; url=https://github.com/orgs/octo/sso?x=1" },
    } as const;
    await site.standIn.control("add-fault", { route: "registration-token", fault });
    const thrown = await rejection(scaleSet().scaleSet.ensure(signal));
    expect(thrown).to.be.instanceOf(AccessBlockedError);
    expect(thrown).to.have.property("message").that.contains("https://github.com/orgs/octo/sso?x=1");
  });

  it("says that a server has no scale sets", async () => {
    await site.standIn.control("add-fault", { route: "scale-sets", fault: { kind: "status", status: 404 } });
    const thrown = await rejection(scaleSet().scaleSet.ensure(signal));
    expect(thrown).to.be.instanceOf(ScaleSetsMissingError);
    expect(thrown)
      .to.have.property("message")
      .that.contains("has no runner scale sets, which GitHub Enterprise Server has since 3.9")
      .and.contains("scaling=fixed");
  });

  it("says that a server gives a scale set one label, leaves none there, and asks it again after a while", async () => {
    await site.standIn.control("set-scale-sets", { severalLabels: "first" });
    const { scaleSet: set } = scaleSet();
    const made = () =>
      site.standIn.requests.filter(({ method, route }) => method === "POST" && route === "scale-sets").length;
    for (const work of [() => set.ensure(signal), () => set.open(signal)]) {
      const thrown = await rejection(work());
      expect(thrown).to.be.instanceOf(ScaleSetsMissingError);
      expect(thrown).to.have.property("message").that.contains("several labels since 3.18");
    }
    expect([sets().length, made()]).to.deep.equal([0, 1]);
    await site.standIn.control("set-scale-sets", { severalLabels: "refused" });
    site.standIn.service.clock.advance(10 * 60_000);
    const refused = await rejection(set.ensure(signal));
    expect(refused).to.be.instanceOf(RefusedError);
    expect(refused).to.have.property("message").that.contains("several labels since 3.18");
    // One label is enough for such a server.
    await scaleSet({ labels: ["linux"] }).scaleSet.ensure(signal);
    expect(sets().map(({ labels }) => labels)).to.deep.equal([["linux"]]);
  });
});
