import { expect } from "chai";
import { endToEnd, patience } from "../support/rig/end-to-end.ts";
import { Rig } from "../support/rig/rig.ts";

endToEnd("a GitHub Enterprise Server without just-in-time configuration", () => {
  let rig: Rig;

  before(async () => {
    rig = await Rig.start({ application: "e2etoken" }, patience());
    const fault = { kind: "status", status: 404 } as const;
    await rig.github.call("add-fault", { route: "generate-jitconfig", times: 1000, fault }, patience());
    await rig.deploy({ "virtual-machines": "2", labels: "large" }, patience(120_000));
  });

  after(async () => {
    await rig.close(patience(120_000));
  });

  it("has runners that register themselves, for one job each", async () => {
    const machines = await rig.machines(patience());
    expect(await rig.status()).to.equal("active: 2 runners: 2 idle");
    const registrations = await rig.registrations(patience());
    expect(registrations.map(({ name }) => name)).to.have.members(machines);
    for (const { labels } of registrations) expect(labels).to.include.members(["self-hosted", "large"]);
    expect(rig.log.join("\n")).to.include("GitHub Enterprise Server 3.10 and later have it");
  });

  it("has its jobs done, and their runners replaced", async () => {
    const { id } = await rig.queue(["echo done"], patience());
    const ended = await rig.ended(id, patience());
    expect(ended).to.include({ conclusion: "success", assignments: 1 });
    await rig.gone(ended.runnerName ?? "", patience());
    await rig.reconcile(patience());
    expect(await rig.status()).to.equal("active: 2 runners: 2 idle");
  });

  it("keeps a busy runner through a change, and leaves no registration behind", async () => {
    const job = await rig.occupy(patience());
    await rig.configure({ labels: "small" }, patience());
    expect(await rig.status()).to.equal("active: 2 runners: 1 idle, 1 busy");
    await rig.release(job, patience());
    expect(await rig.ended(job.id, patience())).to.include({ conclusion: "success", assignments: 1 });
    await rig.gone(job.runnerName ?? "", patience());
    await rig.configure({ "virtual-machines": "0" }, patience());
    expect(await rig.registrations(patience())).to.deep.equal([]);
    expect(await rig.machines(patience())).to.deep.equal([]);
  });

  it("is asked nothing that its description does not allow", async () => {
    expect(await rig.github.call("violations", null, patience())).to.deep.equal([]);
  });
});
