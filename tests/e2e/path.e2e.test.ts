import { readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { expect } from "chai";
import { STANDARD_TOKEN } from "../support/github/http/callers.ts";
import { endToEnd, patience } from "../support/rig/end-to-end.ts";
import { REPOSITORY, Rig } from "../support/rig/rig.ts";

const OTHER = "acme/gadgets";
const OTHER_TOKEN = "ghp_OtherTokenOfTheOperator0000000000000";

endToEnd("a change of the path", () => {
  let rig: Rig;

  before(async () => {
    rig = await Rig.start({ application: "e2epath" }, patience());
    await rig.github.call("add-token", { token: OTHER_TOKEN }, patience());
    await rig.deploy({ "virtual-machines": "2" }, patience(120_000));
  });

  after(async () => {
    await rig.close(patience(120_000));
  });

  /** Names of the runners that are registered for a repository. */
  const registeredAt = async (repository: string) =>
    (await rig.registrations(patience()))
      .filter(({ scope }) => scope === `repos/${repository}`)
      .map(({ name }) => name)
      .sort();
  const record = () => join(rig.dataDirectory, "places.json");

  it("replaces the idle runner at once, and its registration at the old path is gone", async () => {
    const old = await rig.machines(patience());
    const job = await rig.occupy(patience());
    await rig.configure({ path: OTHER, token: OTHER_TOKEN }, patience());
    const machines = await rig.machines(patience());
    const fresh = machines.filter((name) => !old.includes(name));
    expect(machines.filter((name) => old.includes(name))).to.deep.equal([job.runnerName]);
    expect(fresh).to.have.lengthOf(1);
    expect(await registeredAt(REPOSITORY)).to.deep.equal([job.runnerName]);
    expect(await registeredAt(OTHER)).to.deep.equal(fresh);
    expect(await rig.status()).to.equal("active: 2 runners: 1 idle, 1 busy");

    expect(((await stat(record())).mode & 0o777).toString(8), "credentials of the old path").to.equal("600");
    expect(await readFile(record(), "utf8")).to.include(REPOSITORY);

    await rig.release(job, patience());
    expect(await rig.ended(job.id, patience())).to.include({ conclusion: "success", assignments: 1 });
    await rig.gone(job.runnerName ?? "", patience());
    await rig.reconcile(patience());
    expect(await rig.status()).to.equal("active: 2 runners: 2 idle");
    expect(await registeredAt(REPOSITORY)).to.deep.equal([]);
    expect(await registeredAt(OTHER)).to.deep.equal(await rig.machines(patience()));
    expect(await readFile(record(), "utf8"), "nothing is left there").to.not.include(REPOSITORY);
  });

  it("replaces the idle runners though the old token has been revoked, and lets a job end", async () => {
    const old = await rig.machines(patience());
    const { id } = await rig.queue(["until [ -e /tmp/enough ]; do sleep 0.2; done; echo done"], patience(), {
      repository: OTHER,
    });
    const job = await rig.github.call("wait-for-job", { id, status: "in_progress" }, patience());
    await rig.github.call("revoke-token", { token: OTHER_TOKEN }, patience());
    await rig.configure({ path: REPOSITORY, token: STANDARD_TOKEN }, patience());
    const machines = await rig.machines(patience());
    expect(machines.filter((name) => old.includes(name))).to.deep.equal([job.runnerName]);
    expect(await registeredAt(REPOSITORY)).to.deep.equal(machines.filter((name) => name !== job.runnerName));
    await rig.release(job, patience());
    expect(await rig.ended(id, patience())).to.include({ conclusion: "success", assignments: 1 });
    await rig.gone(job.runnerName ?? "", patience());
    await rig.reconcile(patience());
    expect(await registeredAt(REPOSITORY)).to.deep.equal(await rig.machines(patience()));
    expect(await rig.status()).to.equal("active: 2 runners: 2 idle");
    expect(await readFile(record(), "utf8")).to.not.include(OTHER);
  });

  it("tells no token in the log", () => {
    const lines = rig.log.filter((line) => line.includes(OTHER_TOKEN) || line.includes(STANDARD_TOKEN));
    expect(lines).to.deep.equal([]);
  });

  it("asks GitHub nothing that its description does not allow", async () => {
    expect(await rig.github.call("violations", null, patience())).to.deep.equal([]);
  });

  it("deletes registrations at the path of the record when the unit goes with a configuration that is of no use", async () => {
    await rig.configure({ path: "no/such/path" }, patience());
    expect(await rig.status()).to.match(/^blocked/);
    await rig.agent.remove(rig.application, false, patience(120_000));
    expect(await registeredAt(REPOSITORY)).to.deep.equal([]);
  });
});
