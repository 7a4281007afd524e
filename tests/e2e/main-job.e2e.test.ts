import { expect } from "chai";
import { ACTIVITY_COMMAND } from "../../src/guest/activity-command.ts";
import { endToEnd, patience } from "../support/rig/end-to-end.ts";
import { REPOSITORY, Rig } from "../support/rig/rig.ts";

endToEnd("the main job", () => {
  let rig: Rig;

  before(async () => {
    rig = await Rig.start({ application: "e2emain" }, patience());
    await rig.deploy({ labels: "gpu, Large" }, patience(120_000));
  });

  after(async () => {
    await rig.close(patience(120_000));
  });

  /** Names of the runners that GitHub could give a job to. */
  const idle = async () =>
    (await rig.registrations(patience()))
      .filter(({ status, jobId }) => status === "online" && jobId === undefined)
      .map(({ name }) => name)
      .sort();

  it("shows the steps of the deployment, in order", () => {
    const expected = [
      /^maintenance: installing charm software$/,
      /^maintenance: Fetching the runner application 2\./,
      /^maintenance: Building the runner image: starting the base image$/,
      /^maintenance: Building the runner image: copying the runner application$/,
      /^maintenance: Building the runner image: publishing$/,
      /^maintenance: Building the runner image: making the template$/,
      /^maintenance: Ready to start runners$/,
      /^active: 0 runners$/,
    ];
    const found = expected
      .map((line) => rig.statuses.findIndex((status) => line.test(status)))
      // A step that is over before the status of the one before it is set is never shown.
      .filter((index) => index >= 0);
    expect(found.length, rig.statuses.join("\n")).to.be.greaterThan(expected.length / 2);
    expect(found).to.deep.equal(found.toSorted((left, right) => left - right));
    expect(rig.statuses.at(-1)).to.equal("active: 0 runners");
  });

  it("brings as many runners online as are wanted", async () => {
    await rig.configure({ "virtual-machines": "3" }, patience());
    expect(await rig.status()).to.equal("active: 3 runners: 3 idle");
    expect(rig.statuses).to.include("maintenance: Starting runners 0/3");
    expect(await idle()).to.have.lengthOf(3);
    expect(await rig.machines(patience())).to.deep.equal(await idle());
  });

  it("registers runners with the charm's labels and the operator's", async () => {
    for (const { labels } of await rig.registrations(patience())) {
      expect(labels).to.deep.equal([
        ...["self-hosted", "linux", process.arch === "arm64" ? "arm64" : "x64"],
        ...["e2emain", rig.config["base-image"], "gpu", "Large"],
      ]);
    }
  });

  it("changes nothing in a reconcile that finds everything as it should be", async () => {
    const before = await idle();
    await rig.reconcile(patience());
    expect(await idle()).to.deep.equal(before);
  });

  it("counts the runners on request", async () => {
    const results = await rig.act("check-runners", {}, patience());
    expect(results).to.include({ online: "3", busy: "0", offline: "0", unknown: "0", "busy-runners": "" });
    expect(results["runners"]?.split(",").sort()).to.deep.equal(await idle());
  });

  it("gives a job the user, the environment and the hook of a real runner, and its output arrives", async () => {
    const { id } = await rig.queue(
      [
        'test "$(id -un)" = ubuntu && test "$HOME" = /home/ubuntu && test "$USER" = ubuntu',
        'id -nG | tr " " "\\n" | grep -qx docker',
        'test "$(sudo id -u)" = 0',
        'test "$PATH" = /home/ubuntu/.local/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin:/snap/bin',
        'test "$LANG" = C.UTF-8',
        'test "$ACTIONS_RUNNER_HOOK_JOB_STARTED" = /home/ubuntu/github-runner/pre-job.sh',
        `test "$GITHUB_REPOSITORY" = ${REPOSITORY} && test "$GITHUB_WORKFLOW" = Nightly`,
        'test "$GITHUB_EVENT_NAME" = push && test -s "$GITHUB_EVENT_PATH" && test "$CI" = true',
        'test "$RUNNER_NAME" = "$(hostname)" && test "$PWD" = "$GITHUB_WORKSPACE"',
        "case $PWD in /home/ubuntu/github-runner/_work/*) ;; *) exit 1 ;; esac",
        "touch /usr/local/bin/tool && touch file-in-workspace",
        'echo "FRUIT=quince" >>"$GITHUB_ENV"',
        'echo "the fruit is $FRUIT"; env >&2',
      ],
      patience(),
      { name: "build", workflow: "Nightly", labels: ["self-hosted", "GPU"] },
    );
    const job = await rig.ended(id, patience());
    expect(job.conclusion, job.log).to.equal("success");
    expect(job.log).to.include("the fruit is quince");
    expect(job.log).to.include(`Runner ${String(job.runnerName)} was made for this job`);
    expect(job.log, "what registers the runner is none of the job's business").to.not.match(
      /ACTIONS_RUNNER_INPUT_|JITCONFIG/i,
    );
    expect(job.assignments).to.equal(1);
  });

  it("destroys a used runner with its registration, and makes a fresh one at the next reconcile", async () => {
    const used = (await rig.github.call("list-jobs", null, patience())).at(-1)?.runnerName ?? "";
    await rig.gone(used, patience());
    expect((await rig.registrations(patience())).map(({ name }) => name)).to.not.include(used);
    expect(await rig.machines(patience())).to.have.lengthOf(2);

    const results = await rig.act("reconcile-runners", {}, patience());
    expect(results).to.include({ delta: '{"virtual-machines":1}', online: "3", busy: "0" });
    expect(await idle())
      .to.have.lengthOf(3)
      .and.not.include(used);
    expect(await rig.status()).to.equal("active: 3 runners: 3 idle");
  });

  it("shows the failure of a job as the job's, and replaces its runner", async () => {
    const { id } = await rig.queue(["echo going; exit 7"], patience());
    const job = await rig.ended(id, patience());
    expect(job.conclusion).to.equal("failure");
    await rig.gone(job.runnerName ?? "", patience());
    await rig.reconcile(patience());
    expect(await idle()).to.have.lengthOf(3);
  });

  it("updates its status without a call to GitHub", async () => {
    const before = await rig.github.call("requests", null, patience());
    await rig.agent.fireHook(rig.unit, "update-status", patience());
    const after = await rig.github.call("requests", null, patience());
    expect(after).to.deep.equal(before);
    expect(await rig.status()).to.equal("active: 3 runners: 3 idle");
  });

  it("ignores an event that it does not observe", async () => {
    const shown = await rig.status();
    const before = await rig.github.call("requests", null, patience());
    const { exitCode, stderr } = await rig.dispatch("nobody-observes-this", patience());
    expect({ exitCode, stderr }).to.deep.equal({ exitCode: 0, stderr: "" });
    expect(await rig.status()).to.equal(shown);
    expect(await rig.github.call("requests", null, patience())).to.deep.equal(before);
  });

  it("takes idle runners away when fewer are wanted, and lets a busy one finish its job", async () => {
    const job = await rig.occupy(patience());
    await rig.configure({ "virtual-machines": "0" }, patience());
    expect(await rig.machines(patience())).to.deep.equal([job.runnerName]);
    expect((await rig.registrations(patience())).map(({ name }) => name)).to.deep.equal([job.runnerName]);
    expect(await rig.status()).to.equal("active: 1 runner: 1 busy");

    await rig.release(job, patience());
    expect(await rig.ended(job.id, patience())).to.include({ conclusion: "success", assignments: 1 });
    await rig.gone(job.runnerName ?? "", patience());
    await rig.reconcile(patience());
    expect(await rig.status()).to.equal("active: 0 runners");
  });

  /** As the charm inspects a runner that GitHub no longer lists. */
  const activityOf = async (name: string) =>
    (await rig.lxd.client.exec.run(name, { command: ACTIVITY_COMMAND }, patience())).stdout.trim();

  it("replaces idle runners at once when the labels change, and a busy one after its job", async () => {
    await rig.configure({ "virtual-machines": "2" }, patience());
    const old = await idle();
    const job = await rig.occupy(patience());
    await rig.configure({ labels: "fresh" }, patience());
    const [fresh = "", ...more] = await idle();
    expect(more).to.deep.equal([]);
    expect(await activityOf(job.runnerName ?? "")).to.equal("job");
    expect(await activityOf(fresh)).to.equal("waiting");
    expect(old).to.not.include(fresh);
    expect(await rig.machines(patience())).to.deep.equal([fresh, job.runnerName].sort());

    await rig.release(job, patience());
    expect(await rig.ended(job.id, patience())).to.include({ conclusion: "success", assignments: 1 });
    await rig.gone(job.runnerName ?? "", patience());
    await rig.reconcile(patience());
    const registrations = await rig.registrations(patience());
    expect(registrations).to.have.lengthOf(2);
    for (const { labels } of registrations) expect(labels).to.include("fresh").and.not.include("gpu");
  });

  it("flushes idle runners on request and spares busy ones", async () => {
    const job = await rig.occupy(patience());
    const before = await rig.machines(patience());
    const results = await rig.act("flush-runners", { mode: "idle" }, patience());
    expect(results).to.include({ delta: '{"virtual-machines":0}', flushed: "1" });
    const machines = await rig.machines(patience());
    expect(machines).to.have.lengthOf(2).and.include(job.runnerName);
    expect(machines.filter((name) => before.includes(name))).to.deep.equal([job.runnerName]);
    await rig.release(job, patience());
    expect(await rig.ended(job.id, patience())).to.include({ conclusion: "success" });
    await rig.gone(job.runnerName ?? "", patience());
    await rig.reconcile(patience());
  });

  it("flushes busy runners too, when that is asked for", async () => {
    const job = await rig.occupy(patience());
    const before = await rig.machines(patience());
    const results = await rig.act("flush-runners", { mode: "busy" }, patience());
    expect(results).to.include({ delta: '{"virtual-machines":0}', flushed: "2" });
    expect((await rig.machines(patience())).filter((name) => before.includes(name))).to.deep.equal([]);
    expect(await idle()).to.have.lengthOf(2);
    await rig.github.call("cancel-job", { id: job.id }, patience());
    await rig.reconcile(patience());
    expect(await idle()).to.have.lengthOf(2);
  });

  it("asks GitHub nothing that its description does not allow", async () => {
    expect(await rig.github.call("violations", null, patience())).to.deep.equal([]);
  });
});
