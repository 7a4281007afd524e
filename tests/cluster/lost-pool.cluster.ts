import { expect } from "chai";
import { ClusterLab } from "./cluster-lab.ts";

const MINUTE = 60_000;

describe("a unit on a member of an LXD cluster, whose pool in memory a power cut has taken", function () {
  this.timeout(12 * MINUTE);
  let lab: ClusterLab;
  const patience = () => AbortSignal.timeout(5 * MINUTE);
  const unit = () => lab.units[0];

  before(async () => {
    lab = await ClusterLab.start(
      { members: 2, application: "pow", count: 1, offlineSeconds: 11 },
      patience(),
    );
  });
  after(() => lab.close(AbortSignal.timeout(2 * MINUTE)));

  it("uses the pool as it has restored it while another member is off, and LXD deletes no pool", async () => {
    const { runners: former } = await unit().run("reconcile", patience());
    expect(former).to.have.lengthOf(1);
    // Of two members, one has the cluster's database.
    await lab.cluster.member(1).cutPower();
    await lab.cluster.member(0).cutPower();
    await lab.cluster.restart(0, patience());
    const { runners } = await unit().run("reconcile", patience());
    expect(runners)
      .to.have.lengthOf(1)
      .and.not.include.members([...former]);
    expect(await lab.online(patience())).to.deep.equal(runners);
    const { id } = await lab.queue(["true"], patience());
    expect(await lab.ended(id, patience())).to.include({ conclusion: "success" });
    expect((await unit().run("reconcile", patience())).runners).to.have.lengthOf(1);
  });

  it("keeps that pool when the other member is back, and leaves nothing when it is removed", async () => {
    const before = await unit().run("check", patience());
    await lab.cluster.restart(1, patience());
    expect((await unit().run("reconcile", patience())).runners).to.deep.equal(before.runners);
    await unit().run("remove", patience());
    expect(await lab.objectsOf(unit(), patience())).to.deep.equal([]);
    expect(await lab.online(patience())).to.deep.equal([]);
  });
});
