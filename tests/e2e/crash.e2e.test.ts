import { expect } from "chai";
import { systemClock } from "charm-kit";
import { endToEnd, patience } from "../support/rig/end-to-end.ts";
import { KillAtStatus } from "../support/rig/kill-at-status.ts";
import { Rig } from "../support/rig/rig.ts";
import { atOnce } from "../support/rig/until.ts";

const WANTED = 3;

/** A moment of a creation: `comes` resolves when it is there; `prepare` makes sure that it comes. */
type Moment = readonly [title: string, comes: () => Promise<unknown>, prepare?: () => Promise<unknown>];

endToEnd("a dispatch that is killed", () => {
  let rig: Rig;
  const kills = new KillAtStatus(() => rig.agent.killDispatch());

  before(async () => {
    rig = await Rig.start({ application: "e2ecrash", onEvent: kills.onEvent }, patience());
  });

  after(async () => {
    await rig.close(patience(120_000));
  });

  /** Kills what is dispatched when the moment has come. @returns whether there was something to kill */
  const killAt = async (dispatched: Promise<unknown>, comes: () => Promise<unknown>) => {
    await comes();
    const killed = rig.agent.killDispatch();
    await dispatched;
    return killed;
  };

  const statusShown = (message: string) => {
    const seen = rig.events.length;
    const shown = () =>
      Promise.resolve(
        rig.events.slice(seen).some((event) => event.kind === "status" && event.status.message === message),
      );
    return atOnce(`the status "${message}"`, shown, patience());
  };

  /** Exactly the wanted runners are there, whole, and nothing else is. */
  const expectMended = async (count: number) => {
    expect(await rig.statusNow()).to.equal(`active: ${count} runners: ${count} idle`);
    const machines = await rig.lxd.instances(rig.slug, patience());
    const states = machines.map(({ status, config }) => `${config["user.github-runner.role"]} ${status}`);
    expect(states.sort()).to.deep.equal([
      ...Array.from({ length: count }, () => "runner Running"),
      "template Stopped",
    ]);
    const registrations = await rig.registrations(patience());
    expect(registrations.map(({ name }) => name).sort()).to.deep.equal(await rig.machines(patience()));
    expect(registrations.every(({ status, busy }) => status === "online" && !busy)).to.equal(true);
  };

  it("is run again until the image is built, at whatever step it was killed", async () => {
    const steps = [
      "starting the base image",
      "copying the runner application",
      "Preparing the runner user",
      "Unpacking the runner application",
      "publishing",
      "making the template",
    ].map((step) => `Building the runner image: ${step}`);
    for (const step of steps) kills.due.add(step);
    await rig.deploy({ "virtual-machines": String(WANTED) }, patience(200_000));
    // A step that is over before the status of the one before it is set is never shown.
    const shown = steps.filter((step) => rig.statuses.includes(`maintenance: ${step}`));
    expect([...kills.done].sort()).to.deep.equal(shown.toSorted());
    expect(shown.length, rig.statuses.join("\n")).to.be.greaterThan(steps.length / 2);
    await expectMended(WANTED);
    const images = await rig.lxd.client.images.list(patience());
    const own = images.filter(({ properties }) => properties["description"]?.endsWith(` ${rig.unit}`));
    expect(own).to.have.lengthOf(1);
  });

  const registered = (count: number) => async () => {
    await atOnce(
      `${count} registrations`,
      async () => (await rig.registrations(patience())).length >= count,
      patience(),
    );
  };
  const launched = (count: number) => async () => {
    await atOnce(
      `${count} instances`,
      async () => (await rig.machines(patience())).length >= count,
      patience(),
    );
  };
  const running = async () => {
    const runs = async () =>
      (await rig.lxd.instances(rig.slug, patience())).some(({ status }) => status === "Running");
    await atOnce("a running instance", runs, patience());
  };
  const online = async () => {
    await rig.github.call("wait-for-runners", { idle: 1 }, patience());
  };
  // Two creations that end at once are told as one: the status between them is seen only while one lags behind.
  const oneLagsBehind = () =>
    rig.github.call(
      "add-fault",
      { route: "generate-jitconfig", fault: { kind: "slow", delayMs: 10_000 } },
      patience(),
    );
  const passed = (delayMs: number) => () => systemClock.wait(delayMs, patience());

  const moments: readonly Moment[] = [
    ["no runner is begun", () => statusShown(`Starting runners 0/${WANTED}`)],
    ["a registration is made", registered(1)],
    ["all registrations are made", registered(WANTED)],
    ["an instance is visible", launched(1)],
    ["an instance runs", running],
    ["all instances are visible", launched(WANTED)],
    ["a runner is online", online],
    [
      "all but one of the runners are done",
      () => statusShown(`Starting runners ${WANTED - 1}/${WANTED}`),
      oneLagsBehind,
    ],
    ...[300, 700].map((delayMs): Moment => [`${delayMs} ms have passed`, passed(delayMs)]),
  ];

  for (const [title, comes, prepare] of moments) {
    it(`leaves nothing that the next reconcile does not mend, when ${title}`, async () => {
      await rig.loseRunners(patience());
      await prepare?.();
      expect(await killAt(rig.dispatch("reconcile-runners", patience()), comes)).to.equal(true);
      await rig.reconcile(patience());
      await expectMended(WANTED);
    });
  }

  it("leaves a frozen runner, which the next reconcile takes away", async () => {
    await rig.github.call(
      "add-fault",
      { route: "delete-runner", times: WANTED, fault: { kind: "slow", delayMs: 5000 } },
      patience(),
    );
    const frozen = async () =>
      (await rig.lxd.instances(rig.slug, patience())).filter(({ status }) => status === "Frozen").length;
    const flush = rig.agent.runAction(
      { unit: rig.unit, action: "flush-runners", parameters: { mode: "idle" } },
      patience(),
    );
    // One makes way for the first successor.
    await killAt(flush, () => atOnce("a frozen runner", async () => (await frozen()) === 1, patience()));
    expect((await flush).status).to.equal("failed");
    expect(await frozen()).to.equal(1);
    await rig.github.call("clear-faults", null, patience());
    await rig.reconcile(patience());
    await expectMended(WANTED);
  });

  it("loses no job of a runner that a killed retirement left frozen", async () => {
    await rig.configure({ "virtual-machines": "1" }, patience());
    const [busy = ""] = await rig.machines(patience());
    const job = await rig.occupy(patience());
    const frozen = async () =>
      (await rig.lxd.instances(rig.slug, patience())).find(({ name }) => name === busy)?.status === "Frozen";
    // The job has come between the question and the freeze.
    await rig.lxd.client.instances.changeState(busy, { action: "freeze" }, patience());
    expect(await frozen()).to.equal(true);
    await rig.reconcile(patience());
    expect(await frozen()).to.equal(false);
    expect(await rig.statusNow()).to.equal("active: 1 runner: 1 busy");
    await rig.release(job, patience());
    expect(await rig.ended(job.id, patience())).to.include({
      conclusion: "success",
      runnerName: busy,
      assignments: 1,
    });
  });

  it("has asked GitHub nothing that its description does not allow", async () => {
    expect(await rig.github.call("violations", null, patience())).to.deep.equal([]);
  });
});
