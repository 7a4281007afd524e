import { expect } from "chai";
import { endToEnd, patience } from "../support/rig/end-to-end.ts";
import { Rig } from "../support/rig/rig.ts";

const WANTED = 3;

endToEnd("a configuration that makes no runner", () => {
  let rig: Rig;

  before(async () => {
    rig = await Rig.start({ application: "e2esucc" }, patience());
    await rig.deploy({ "virtual-machines": String(WANTED) }, patience(120_000));
  });

  after(async () => {
    await rig.close(patience(120_000));
  });

  /** Runs a job until its runner has gone, as the next reconcile finds it. */
  const serve = async (labels: readonly string[] = ["self-hosted"]) => {
    const { id } = await rig.queue(["echo served"], patience(), { labels });
    const ended = await rig.ended(id, patience());
    expect(ended).to.include({ conclusion: "success" });
    await rig.gone(ended.runnerName ?? "", patience());
  };

  it("costs one runner while GitHub registers none, and none more at later reconciles", async () => {
    const before = await rig.machines(patience());
    await rig.github.call(
      "add-fault",
      { route: "generate-jitconfig", times: 1000, fault: { kind: "status", status: 422 } },
      patience(),
    );
    await rig.configure({ labels: "new" }, patience());
    for (const round of [1, 2]) {
      const kept = await rig.machines(patience());
      expect(kept, `round ${round}`).to.have.length(WANTED - 1);
      expect(before).to.include.members([...kept]);
      expect(await rig.status()).to.match(/^active: 2 of 3 runners; retrying: .*422/);
      await rig.reconcile(patience());
    }
    await serve();
  });

  it("is replaced by one that makes runners, all of them in one reconcile", async () => {
    await rig.github.call("clear-faults", null, patience());
    await rig.reconcile(patience());
    await serve(["self-hosted", "new"]);
    await rig.reconcile(patience());
    expect(await rig.status()).to.equal("active: 3 runners: 3 idle");
    const labels = (await rig.registrations(patience())).map((runner) => runner.labels.includes("new"));
    expect(labels).to.deep.equal([true, true, true]);
  });
});
