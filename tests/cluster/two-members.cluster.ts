import { expect } from "chai";
import { ClusterLab } from "./cluster-lab.ts";

const MINUTE = 60_000;

describe("units on the two members of an LXD cluster", function () {
  this.timeout(10 * MINUTE);
  let lab: ClusterLab;
  const patience = () => AbortSignal.timeout(5 * MINUTE);

  before(async () => {
    lab = await ClusterLab.start({ members: 2, application: "clu", count: 2 }, patience());
  });
  after(() => lab.close(AbortSignal.timeout(2 * MINUTE)));

  it("each keep image, template and runners on their own member, also after a creation that was killed", async () => {
    const { storagePools } = lab.cluster.member(0).client;
    await storagePools.create({ name: lab.units[0].slug, driver: "dir" }, patience(), "m1");
    for (const [index, unit] of lab.units.entries()) {
      const { runners } = await unit.run("reconcile", patience());
      expect(runners).to.have.lengthOf(2);
      const instances = await unit.instances(patience());
      expect(instances.map(({ location }) => location)).to.deep.equal(Array(3).fill(`m${index + 1}`));
    }
    expect(await lab.online(patience())).to.deep.equal(await lab.runners(patience()));
  });

  it("run jobs on both members, and replace their own runners only", async () => {
    const before = await lab.runners(patience());
    const jobs = await Promise.all(before.map(() => lab.queue(["hostname"], patience())));
    const ended = await Promise.all(jobs.map(({ id }) => lab.ended(id, patience())));
    expect(ended.map(({ runnerName }) => runnerName).sort()).to.deep.equal(before);
    const [first, second] = lab.units;
    await second.run("reconcile", patience());
    const left = await second.runners(patience());
    expect(left).to.have.lengthOf(2);
    const { runners } = await first.run("reconcile", patience());
    expect(runners).to.have.lengthOf(2);
    expect((await first.instances(patience())).map(({ location }) => location)).to.deep.equal([
      "m1",
      "m1",
      "m1",
    ]);
    expect(await second.runners(patience())).to.deep.equal(left);
  });

  it("are removed one by one, each with all that is its own in the cluster", async () => {
    const [first, second] = lab.units;
    await second.run("reconcile", patience());
    const kept = await lab.objectsOf(second, patience());
    await first.run("remove", patience());
    expect(await lab.objectsOf(first, patience())).to.deep.equal([]);
    expect(await lab.objectsOf(second, patience())).to.deep.equal(kept);
    expect((await second.run("check", patience())).runners).to.have.lengthOf(2);
    await second.run("remove", patience());
    expect(await lab.objectsOf(second, patience())).to.deep.equal([]);
    expect(await lab.online(patience())).to.deep.equal([]);
  });
});
