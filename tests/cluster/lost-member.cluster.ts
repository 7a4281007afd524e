import { expect } from "chai";
import { ClusterLab } from "./cluster-lab.ts";

const MINUTE = 60_000;

describe("units on three members of an LXD cluster, of which one is lost", function () {
  this.timeout(10 * MINUTE);
  let lab: ClusterLab;
  const patience = () => AbortSignal.timeout(4 * MINUTE);

  before(async () => {
    const options = { members: 3, application: "los", count: 1, offlineSeconds: 11 } as const;
    lab = await ClusterLab.start(options, patience());
    const [first, second] = lab.units;
    // The bridge of the second unit is on the first one's machine too, whose rules follow in its next round.
    for (const unit of [first, second, first]) await unit.run("reconcile", patience());
  });
  after(() => lab.close(AbortSignal.timeout(2 * MINUTE)));

  it("a unit on another one still sees its own runner, and replaces it after its job", async () => {
    const [first, second] = lab.units;
    const [before = ""] = await first.runners(patience());
    await lab.cluster.member(1).cutPower();
    // LXD waits for the lost member until it counts as offline.
    expect((await first.run("check", patience())).runners).to.deep.equal([before]);
    const lost = await second.instances(patience(), lab.cluster.member(0));
    expect(lost.map(({ location, status }) => `${location} ${status}`)).to.deep.equal([
      "m2 Error",
      "m2 Error",
    ]);
    const { id } = await lab.queue(["true"], patience());
    await lab.ended(id, patience());
    const { runners } = await first.run("reconcile", patience());
    expect(runners).to.have.lengthOf(1).and.not.include(before);
    expect(await lab.online(patience())).to.include(runners[0]);
  });
});
